/** Makes the configuration in force available to the whole program. */
import { Module, type DynamicModule } from '@nestjs/common';
import { CLOCK, EVENT_STORE, type Clock, type EventStore } from '@waymark/event-store';
import { Configuration } from './configuration';

@Module({})
export class RulesModule {
  /** Starting fails with ConfigurationMistakes when the files cannot be used. */
  static register({ configFolder }: { readonly configFolder: string }): DynamicModule {
    return {
      module: RulesModule,
      global: true,
      providers: [
        {
          provide: Configuration,
          inject: [EVENT_STORE, CLOCK],
          useFactory: (store: EventStore, clock: Clock) => Configuration.open({ folder: configFolder, store, clock }),
        },
      ],
      exports: [Configuration],
    };
  }
}
