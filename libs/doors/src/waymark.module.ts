/** The whole product on one data folder. The server and the command line are built from it; they differ in who runs the read side. */
import { join } from 'node:path';
import { Global, Module, type DynamicModule, type FactoryProvider, type InjectionToken, type OnApplicationShutdown } from '@nestjs/common';
import { CommandBus, CqrsModule, QueryBus } from '@nestjs/cqrs';
import { Views } from '@waymark/access';
import { ClinicsModule } from '@waymark/clinics';
import { CLOCK, EVENT_STORE, EventStoreModule, type Clock, type EventStore } from '@waymark/event-store';
import { People, PeopleModule } from '@waymark/people';
import { Automation, LOG_AT_HAND, Pasts, ProjectionsModule, ReadSide } from '@waymark/projections';
import { eventDefinitions, readModels, ReadModelsModule, timers, wordsOfAny } from '@waymark/read-models';
import { Erasures, MachineWork, ReferralModule, reservations } from '@waymark/referral';
import { Configuration, RulesModule } from '@waymark/rules';
import { WorkforceModule } from '@waymark/workforce';
import { Changes } from './changes';
import { readyDataFolder } from './data-folder';
import { Dispatch } from './dispatch';
import type { Environment } from './environment';
import { FhirDesk } from './fhir-desk';
import { Intake } from './intake';
import { Lists } from './lists';
import { PersonDesk } from './person-desk';
import { ReferralDesk } from './referral-desk';
import { ServiceDesk } from './service-desk';

export interface WaymarkOptions {
  readonly environment: Environment;
  /** `server` owns the runner for as long as it lives; `cli` takes it only where there is no server. */
  readonly role: 'server' | 'cli';
  /** The wall clock unless time is simulated. */
  readonly clock?: Clock;
  /** Hears of rebuilds, pauses and faults of the read side. */
  readonly notice?: (message: string) => void;
}

const reactions = [reservations];

/** The audit of views, closed when the last answer has been given. */
@Global()
@Module({})
class ViewsModule implements OnApplicationShutdown {
  constructor(private readonly views: Views) {}

  static on(folder: string): DynamicModule {
    const opened = { provide: Views, inject: [CLOCK], useFactory: (clock: Clock) => Views.open(folder, clock) };
    return { module: ViewsModule, providers: [opened], exports: [Views] };
  }

  onApplicationShutdown(): void {
    this.views.close();
  }
}

@Global()
@Module({})
export class WaymarkModule {
  static open({ environment, role, clock, notice }: WaymarkOptions): DynamicModule {
    const { dataFolder: folder, logServer } = environment;
    readyDataFolder(folder);
    const timed = clock ? { clock } : {};
    const heard = notice ? { notice } : {};
    const log = logServer === undefined ? {} : { logServer };
    return {
      module: WaymarkModule,
      imports: [
        CqrsModule.forRoot(),
        EventStoreModule.register({ folder, ...log, definitions: eventDefinitions, words: wordsOfAny, ...timed, ...heard }),
        PeopleModule.register({ folder, ...(environment.masterKey ? { masterKey: environment.masterKey } : {}) }),
        RulesModule.register({ configFolder: environment.configFolder }),
        ProjectionsModule.register({
          folder,
          ...log,
          projections: readModels,
          reactions: reactions.map(({ name }) => name),
          definitions: eventDefinitions,
          modelsModule: join(__dirname, '../../read-models/src/models.js'),
          role,
          ...heard,
        }),
        WorkforceModule,
        ClinicsModule,
        ReferralModule,
        ReadModelsModule,
        ViewsModule.on(folder),
      ],
      providers: [
        {
          provide: Automation,
          inject: [EVENT_STORE, LOG_AT_HAND, ReadSide, MachineWork, CLOCK],
          useFactory: (store: EventStore, logAtHand: EventStore, readSide: ReadSide, { carryOut }: MachineWork, now: Clock) =>
            new Automation({
              ...{ folder, store, logAtHand, readSide, carryOut, timers, definitions: eventDefinitions, clock: now },
              reactions,
              ...heard,
            }),
        },
        provided(Dispatch, [CommandBus, EVENT_STORE, People, Configuration, ReadSide]),
        provided(ReferralDesk, [EVENT_STORE, People, Configuration, Views, CLOCK]),
        provided(PersonDesk, [Dispatch, Erasures, EVENT_STORE, People, Configuration, ReadSide, Views, CLOCK]),
        provided(ServiceDesk, [QueryBus, EVENT_STORE, People, Configuration, ReadSide, CLOCK]),
        provided(Lists, [QueryBus, EVENT_STORE, LOG_AT_HAND, People, Configuration, ReadSide, Pasts, Views, CLOCK]),
        provided(FhirDesk, [EVENT_STORE, People, Configuration, Views]),
        provided(Changes, [EVENT_STORE, ReadSide]),
        provided(Intake, [Dispatch, EVENT_STORE, Configuration, CLOCK]),
      ],
      exports: [Automation, Dispatch, ReferralDesk, PersonDesk, ServiceDesk, Lists, Changes, FhirDesk, Intake, CqrsModule],
    };
  }
}

/** A class that knows no framework, made from what the application holds. */
function provided<T, D extends readonly unknown[]>(
  Provided: new (...dependencies: D) => T,
  inject: { [K in keyof D]: InjectionToken<D[K]> },
): FactoryProvider<T> {
  return {
    provide: Provided,
    inject: [...inject],
    useFactory: (...dependencies: unknown[]) => new Provided(...(dependencies as readonly unknown[] as D)),
  };
}
