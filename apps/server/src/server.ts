/** The server: the whole product, its addresses, its log lines, and its end. */
import type { Server } from 'node:http';
import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { EnvironmentMistake, Lists, PersonDesk, WaymarkModule, type Environment } from '@waymark/doors';
import { EVENT_STORE, type EventStore } from '@waymark/event-store';
import { People } from '@waymark/people';
import { Automation, ProjectionsModule, ReadSide } from '@waymark/projections';
import { Configuration } from '@waymark/rules';
import pino, { type Logger } from 'pino';
import { allowedMethods } from './allowed-methods';
import { bodies } from './bodies';
import { ending } from './ending';
import { FhirController } from './fhir.controller';
import { HealthController } from './health.controller';
import { HomeController } from './home.controller';
import { KeysBesideLog } from './keys-beside-log';
import { ListsController } from './lists.controller';
import { watchLateness } from './lateness';
import { faultOf, logRequests, NestLines } from './log-lines';
import { Metrics } from './metrics';
import { MetricsController } from './metrics.controller';
import { publishOpenApi } from './openapi';
import { ProblemFilter } from './problem.filter';
import { ReferralsController } from './referrals.controller';
import { RegisterController } from './register.controller';
import { acceptable, correlate, ownNamesOnly } from './request';
import { safeHeaders } from './safe-headers';

@Module({})
class ServerModule {
  static on(environment: Environment, logger: Logger): DynamicModule {
    return {
      module: ServerModule,
      imports: [WaymarkModule.open({ environment, role: 'server', notice: (message) => logger.warn(message) })],
      controllers: [
        HomeController,
        HealthController,
        MetricsController,
        ReferralsController,
        ListsController,
        RegisterController,
        FhirController,
      ],
      providers: [
        KeysBesideLog,
        {
          provide: Metrics,
          inject: [ReadSide, Automation],
          useFactory: (read: ReadSide, automation: Automation) => new Metrics(read, automation),
        },
      ],
    };
  }
}

export interface RunningServer {
  readonly address: string;
  /** Answers what has come, and ends. */
  close(): Promise<void>;
}

/** How often erasures that are due are looked for; their day is a day, not a minute. */
const ERASE_EVERY_MS = 3_600_000;

/** How long a start waits for the read models to reach the log. */
const CATCH_UP_MS = 10_000;

export async function start(environment: Environment): Promise<RunningServer> {
  const logger = pino({ level: environment.logLevel }, pino.destination({ dest: 2, sync: true }));
  // Nest stays silent until it runs: what goes wrong before is told once, by whoever starts the server.
  const app = await NestFactory.create<NestExpressApplication>(ServerModule.on(environment, logger), {
    bodyParser: false,
    logger: false,
    abortOnError: false,
  });
  const filter = new ProblemFilter(logger);
  const end = ending(app.getHttpServer() as Server);
  app.set('query parser', false);
  app.set('etag', false);
  app.set('case sensitive routing', true);
  app.use(
    correlate,
    logRequests(logger),
    app.get(Metrics).count,
    safeHeaders,
    end.whileEnding,
    ownNamesOnly(environment),
    acceptable,
    ...bodies({ body: environment.bodyLimit, file: environment.fileLimit }),
  );
  app.useGlobalFilters(filter);
  publishOpenApi(app);
  await app.init();
  filter.allowed = allowedMethods(app);
  // Whoever comes first finds what was acknowledged before; a long rebuild is not waited for: referrals are taken in without it.
  await app.get(Lists).caughtUp(CATCH_UP_MS);
  await listen(app, environment);
  app.useLogger(new NestLines(logger));
  const address = await app.getUrl();
  app.get(ProjectionsModule).listensAt(address);
  const { warning } = app.get(Configuration);
  if (warning !== undefined) logger.warn(warning);
  const automation = app.get(Automation);
  await automation.start();
  const ended = new AbortController();
  const looking = app.get(KeysBesideLog).look(app.get(People), app.get<EventStore>(EVENT_STORE), logger, ended.signal);
  const erasing = keepErasing(app.get(PersonDesk), logger);
  const readSide = app.get(ReadSide);
  const lateness = watchLateness(() => readSide.status(), logger);
  return {
    address,
    close: async () => {
      end.begin();
      lateness.stop();
      await automation.stop();
      await erasing.stop();
      ended.abort();
      await looking;
      await app.close();
    },
  };
}

async function listen(app: NestExpressApplication, { host, port }: Environment): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (fault) {
    await app.close();
    const { code } = fault as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new EnvironmentMistake(`PORT: something else listens on ${host}:${port}; stop it, or set another PORT`);
    if (code === 'EACCES') throw new EnvironmentMistake(`PORT: ${port} is not open to this user; set a PORT above 1023`);
    if (code === 'EADDRNOTAVAIL') throw new EnvironmentMistake(`WAYMARK_HOST: this machine has no address ${host}; use 127.0.0.1`);
    throw fault;
  }
}

/** Carries out what was approved once its days to cancel are over. */
function keepErasing(desk: PersonDesk, logger: Logger): { stop(): Promise<void> } {
  let running: Promise<unknown> = Promise.resolve();
  const erase = () => {
    running = desk.carryOutDue().then(
      (done) => done.length > 0 && logger.info({ done }, 'erasures whose day had come were carried out'),
      (fault: unknown) => logger.error({ fault: faultOf(fault) }, 'erasures could not be carried out; tried again in an hour'),
    );
  };
  erase();
  const timer = setInterval(erase, ERASE_EVERY_MS);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
