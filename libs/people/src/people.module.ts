/** Makes people available to the whole program: `People`, and the sealer that the command loop asks for. */
import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK, EVENT_STORE, SEALER, type Clock, type EventStore } from '@waymark/event-store';
import { openPeople } from './erased-again.process';
import { masterKey } from './master-key';
import { People, type PeopleOptions } from './people';

@Module({})
export class PeopleModule implements OnApplicationShutdown {
  constructor(private readonly people: People) {}

  /**
   * The master key is settled here, while modules are put together, because providers start in no certain order:
   * a log that was opened first would look like one whose key is lost.
   */
  static register(options: PeopleOptions): DynamicModule {
    masterKey(options.folder, options.masterKey);
    return {
      module: PeopleModule,
      global: true,
      providers: [
        {
          provide: People,
          inject: [EVENT_STORE, CLOCK],
          useFactory: (store: EventStore, clock: Clock) => openPeople(options, store, clock()),
        },
        { provide: SEALER, useExisting: People },
      ],
      exports: [People, SEALER],
    };
  }

  onApplicationShutdown(): void {
    this.people.close();
  }
}
