/** The server: the whole product, its addresses, its log lines, and its end. */
import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { WaymarkModule, type Environment } from '@waymark/doors';
import { Bookings } from '@waymark/referral';
import helmet from 'helmet';
import pino, { type Logger } from 'pino';
import { bodies } from './bodies';
import { FhirController } from './fhir.controller';
import { HealthController } from './health.controller';
import { HomeController } from './home.controller';
import { ListsController } from './lists.controller';
import { logRequests, NestLines } from './log-lines';
import { methodNotAllowed } from './method-not-allowed';
import { publishOpenApi } from './openapi';
import { ProblemFilter } from './problem.filter';
import { ReferralsController } from './referrals.controller';
import { RegisterController } from './register.controller';
import { correlate } from './request';

@Module({})
class ServerModule {
  static on(environment: Environment): DynamicModule {
    return {
      module: ServerModule,
      imports: [WaymarkModule.open({ environment, role: 'server' })],
      controllers: [HomeController, HealthController, ReferralsController, ListsController, RegisterController, FhirController],
    };
  }
}

export interface RunningServer {
  readonly address: string;
  close(): Promise<void>;
}

/** How often holds that ran out, and slots whose booking died half way, are put right. */
const SETTLE_EVERY_MS = 60_000;

export async function start(environment: Environment): Promise<RunningServer> {
  const logger = pino({ level: environment.logLevel, redact: ['err.config', 'req.headers'] }, pino.destination(2));
  const app = await NestFactory.create<NestExpressApplication>(ServerModule.on(environment), {
    bodyParser: false,
    logger: new NestLines(logger),
    abortOnError: false,
  });
  const filter = new ProblemFilter(logger);
  app.set('query parser', 'simple');
  app.set('etag', false);
  app.use(correlate, logRequests(logger), helmet(), ...bodies({ body: environment.bodyLimit, file: environment.fileLimit }));
  app.useGlobalFilters(filter);
  app.enableShutdownHooks([]);
  publishOpenApi(app);
  await app.init();
  methodNotAllowed(app, filter);
  await app.listen(environment.port, environment.host);
  const settling = keepSettling(app.get(Bookings), logger);
  return {
    address: await app.getUrl(),
    close: async () => {
      clearInterval(settling);
      await app.close();
    },
  };
}

function keepSettling(bookings: Bookings, logger: Logger): NodeJS.Timeout {
  const settle = () =>
    bookings.settleExpiredHolds(new Date().toISOString()).then(
      (settled) => settled > 0 && logger.info({ settled }, 'holds that had run out were put right'),
      (fault: unknown) => logger.error({ err: fault }, 'holds could not be put right; tried again in a minute'),
    );
  void settle();
  return setInterval(() => void settle(), SETTLE_EVERY_MS);
}
