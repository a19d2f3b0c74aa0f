/** The product without its doors, over a log that is being filled: the same commands, processes and deciders; time is simulated. */
import { createHash } from 'node:crypto';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { ClinicsModule } from '@waymark/clinics';
import type { Environment } from '@waymark/doors';
import { CLOCK, COMMAND_LOOP, CommandLoop, EVENT_STORE, FillingStore, FoldedStates, SEALER } from '@waymark/event-store';
import { commandIdOf, issue, streamName, type Actor, type Outcome } from '@waymark/kernel';
import { People } from '@waymark/people';
import { eventDefinitions, wordsOfAny } from '@waymark/read-models';
import { ReferralModule } from '@waymark/referral';
import { Configuration, type ConfigurationFiles } from '@waymark/rules';
import { practitionerOf, WorkforceModule } from '@waymark/workforce';
import type { Product, Sent } from '../made-up/acts';
import { HistoryDigest } from './history-digest';

/** About what the open referrals and clinic days of a service of Northbank's size hold. */
const EVENTS_A_SERVICE = 6_000;
const MOST_EVENTS_AT_HAND = 60_000;

export interface World {
  readonly product: Product;
  readonly told: HistoryDigest;
  /** Commits what was made, and closes the folder. */
  close(): Promise<void>;
}

@Module({})
class Simulation {}

export async function openWorld(
  { dataFolder: folder, masterKey }: Environment,
  files: ConfigurationFiles,
  seed: number,
  clock: () => Date,
): Promise<World> {
  const told = new HistoryDigest();
  const people = People.open({ folder, synchronous: 'off', ...(masterKey ? { masterKey } : {}) });
  const eventsAtHand = Math.min(files.services.length * EVENTS_A_SERVICE, MOST_EVENTS_AT_HAND);
  const store = new FillingStore({ folder, clock, appended: told.appended, eventsAtHand });
  const configuration = await Configuration.from(files, { store, clock });
  const sealer = told.before({
    // What is stored already comes again as it was sealed then.
    seal: async (stream, events, definitions) => (store.isRepeating ? [...events] : people.seal(stream, events, definitions)),
  });
  const loop = new CommandLoop({ store, sealer, clock, definitions: eventDefinitions, words: wordsOfAny, states: new FoldedStates() });
  const provided = [
    { provide: CLOCK, useValue: clock },
    { provide: EVENT_STORE, useValue: store },
    { provide: SEALER, useValue: sealer },
    { provide: People, useValue: withReferencesOf(seed, people) },
    { provide: Configuration, useValue: configuration },
    { provide: COMMAND_LOOP, useValue: loop },
  ];
  const app = await NestFactory.createApplicationContext(
    {
      module: Simulation,
      global: true,
      imports: [CqrsModule.forRoot(), WorkforceModule, ClinicsModule, ReferralModule],
      providers: provided,
      exports: provided.map(({ provide }) => provide),
    },
    { logger: false, abortOnError: false },
  );
  const close = async (): Promise<void> => {
    await app.close();
    await store.close();
    people.close();
  };
  return { product: overTheBus(app.get(CommandBus), store, configuration), told, close };
}

/** References follow from the seed instead of the folder's key, so that the same seed gives the same history in every folder. */
function withReferencesOf(seed: number, people: People): Pick<People, 'match' | 'open' | 'referenceKey'> {
  return {
    referenceKey: createHash('sha256').update(`references of simulated history ${seed}`).digest(),
    match: (service, details, candidate, next) => people.match(service, details, candidate, next),
    open: (event, definition) => people.open(event, definition),
  };
}

/** Past the checks of the doors, which look at what strangers send. */
function overTheBus(bus: CommandBus, store: FillingStore, configuration: Configuration): Product {
  const actors = new Map<string, Actor>();
  const actorOf = async ({ service, practitionerId: id }: Sent, command: object): Promise<Actor> => {
    if (id === undefined) return { kind: 'public', id: 'public', role: String((command as { source?: unknown }).source ?? 'public') };
    const known = actors.get(id);
    if (known) return known;
    const found = practitionerOf(await store.read(streamName('practitioner', service, id)));
    if (!found) throw new Error('Somebody acts who is not registered');
    const actor: Actor = { kind: 'practitioner', id, role: found.level };
    actors.set(id, actor);
    return actor;
  };
  return {
    store,
    configuration,
    async send<Answer>(Command: new () => object, body: object, sent: Sent, fields: object = {}): Promise<Outcome<Answer>> {
      const { service, key, correlationId, practitionerId, seenRevision } = sent;
      const command = Object.assign(new Command(), body, fields);
      const actor = await actorOf(sent, command);
      issue(command, {
        service,
        actor,
        commandId: commandIdOf(service, actor.id, key),
        correlationId,
        channel: practitionerId === undefined ? 'api' : 'page',
        ...(seenRevision === undefined ? {} : { seenRevision }),
      });
      return (await bus.execute(command as never)) as Outcome<Answer>;
    },
  };
}
