/** The wiring: whatever is put on the bus reaches the process that carries it out. */
import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { EventStoreModule } from '@waymark/event-store';
import { issue } from '@waymark/kernel';
import { PeopleModule, personEvents } from '@waymark/people';
import { configurationEvents, RulesModule } from '@waymark/rules';
import { referralCommands } from './catalogue';
import { referralEvents } from './referral';
import { ReceiveReferral } from './referral.commands';
import { ReferralModule } from './referral.module';
import { ada, how } from './testing/reception-world';
import { OTHER } from './testing/histories';
import { wordsOf } from './words';

let app: INestApplicationContext;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-referral-'));
  const definitions = { ...referralEvents, ...personEvents, ...configurationEvents };
  const module = Test.createTestingModule({
    imports: [
      CqrsModule.forRoot(),
      EventStoreModule.register({ folder, definitions, words: wordsOf }),
      PeopleModule.register({ folder }),
      RulesModule.register({ configFolder: join(__dirname, '../../../config') }),
      ReferralModule,
    ],
  });
  app = await (await module.compile()).init();
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

const carriedOut = (command: object, key: string) =>
  app
    .get(CommandBus)
    .execute(issue(command, { ...how(key), seenRevision: 0, actor: { kind: 'practitioner', id: OTHER, role: 'ot' } }) as never);

it('a referral is received', async () => {
  const referral = Object.assign(new ReceiveReferral(), { ...ada, receivedAt: '2026-06-01T09:00:00Z' });
  expect(await carriedOut(referral, 'one')).toMatchObject({ outcome: 'accepted' });
});

it.each(referralCommands.map((each) => [each.name, each.command] as const))(
  '%s is carried out, here by a refusal',
  async (name, Command) => {
    const body = { referralId: OTHER, from: 'gp', text: 'x', slot: 'x', reason: 'no-longer-needed' };
    expect(await carriedOut(Object.assign(new Command(), body), name)).toMatchObject({ rejected: true });
  },
);
