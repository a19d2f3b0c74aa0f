/** The limit of http.post.c32, a program of its own: a Nest route that validates a referral and stores the body in one INSERT. */
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { writerByHand, writeHistory } from './logs.mjs';
import { referral } from './product.mjs';

const require = createRequire(import.meta.url);
const { Body, Controller, Module, Post, ValidationPipe } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');

const folder = process.env.WAYMARK_DATA;
await writeHistory(folder, { referrals: 0 }, { configured: true, quietly: true });
const { put } = writerByHand(folder);

class Referrals {
  receive(body) {
    const id = randomUUID();
    const at = new Date().toISOString();
    const meta = { service: body.service, actor: 'machine', role: body.source, commandId: id, correlationId: id };
    put(`referral-${body.service}-${id}`, 0, { id, type: 'ReferralReceived', schemaVersion: 1, occurredAt: at, data: body, meta });
    return { outcome: 'accepted', reference: id, receivedAt: at };
  }
}
const route = Object.getOwnPropertyDescriptor(Referrals.prototype, 'receive');
Controller('api/v1/referrals')(Referrals);
Post()(Referrals.prototype, 'receive', route);
const validated = new ValidationPipe({
  expectedType: referral.ReceiveReferral,
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
});
Body(validated)(Referrals.prototype, 'receive', 0);

class Bare {}
Module({ controllers: [Referrals] })(Bare);

const app = await NestFactory.create(Bare, { logger: false });
await app.listen(0, '127.0.0.1');
process.stdout.write(`Listens on http://127.0.0.1:${app.getHttpServer().address().port}\n`);
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
