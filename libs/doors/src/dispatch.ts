/** From a checked body to its answer: finds the service, the actor and the referral, issues the command, and puts it on the bus. */
import { randomUUID } from 'node:crypto';
import type { CommandBus } from '@nestjs/cqrs';
import type { EventStore } from '@waymark/event-store';
import { commandIdOf, isRejection, issue, parseReference, reject, streamName, type Actor, type Issue, type Outcome } from '@waymark/kernel';
import type { People } from '@waymark/people';
import type { ReadSide } from '@waymark/projections';
import { findReference, type ReferenceRow } from '@waymark/read-models';
import type { Configuration } from '@waymark/rules';
import { practitionerOf } from '@waymark/workforce';
import { readBody, type BodyClass } from './body';
import { serviceNamed } from './services';

/** Who sends, through which door, and how often. */
export interface Sender {
  readonly service?: string;
  /** Somebody of the service; absent = nobody in particular. */
  readonly practitionerId?: string;
  /** Who it is when no practitioner acts. */
  readonly otherwise: 'public' | 'machine';
  readonly channel: Issue['channel'];
  /** Idempotency-Key, or a message id and the entry's index. Absent = every call is a new command. */
  readonly key?: string;
  readonly correlationId: string;
  readonly seenRevision?: number;
}

export class Dispatch {
  constructor(
    private readonly bus: CommandBus,
    private readonly store: EventStore,
    private readonly people: People,
    private readonly configuration: Configuration,
    private readonly readSide: ReadSide,
  ) {}

  /** Checks `body` as a `Body`, completes it with `fields` that no body has, and carries it out. */
  async send<C extends object, Answer>(
    Body: BodyClass<C>,
    body: unknown,
    sender: Sender,
    fields: Partial<C> = {},
  ): Promise<Outcome<Answer>> {
    const command = readBody(Body, body);
    if (isRejection(command)) return command;
    const service = this.serviceOf(sender, command);
    if (isRejection(service)) return service;
    const actor = await this.actorOf(service, sender, command);
    if (isRejection(actor)) return actor;
    Object.assign(command, fields);
    issue(command, {
      service,
      actor,
      commandId: commandIdOf(service, actor.id, sender.key ?? randomUUID()),
      correlationId: sender.correlationId,
      channel: sender.channel,
      ...(sender.key === undefined ? {} : { fingerprint: this.people.fingerprint({ command: Body.name, body, fields }) }),
      ...(sender.seenRevision === undefined ? {} : { seenRevision: sender.seenRevision }),
    });
    return this.bus.execute(command as never) as Promise<Outcome<Answer>>;
  }

  /** The referral behind a reference, however it was typed. Waits for the lists to catch up before it says there is none. */
  async referral(typed: string): Promise<Outcome<ReferenceRow>> {
    const reference = parseReference(typed);
    if (reference === undefined)
      return reject('unknown-referral', 'A reference looks like 7K4Q-2M9X-3TBC; check it against the letter or receipt');
    const head = await this.store.head();
    const found = await findReference(this.readSide, reference);
    if (found) return found;
    if (head !== undefined) await this.readSide.waitFor(head);
    return (
      (await findReference(this.readSide, reference)) ??
      reject('unknown-referral', 'No referral has this reference; check it against the letter or receipt')
    );
  }

  private serviceOf(sender: Sender, command: object): Outcome<string> {
    const named = 'service' in command && typeof command.service === 'string' ? command.service : undefined;
    return serviceNamed(sender.service ?? named, this.configuration);
  }

  private async actorOf(service: string, sender: Sender, command: object): Promise<Outcome<Actor>> {
    if (sender.practitionerId === undefined) {
      const role = 'source' in command && typeof command.source === 'string' ? command.source : sender.otherwise;
      return { kind: sender.otherwise, id: sender.otherwise, role };
    }
    if (!/^[0-9a-f-]{36}$/i.test(sender.practitionerId)) return unknownActor();
    const practitioner = practitionerOf(await this.store.read(streamName('practitioner', service, sender.practitionerId.toLowerCase())));
    return practitioner ? { kind: 'practitioner', id: sender.practitionerId.toLowerCase(), role: practitioner.level } : unknownActor();
  }
}

function unknownActor(): Outcome<never> {
  return reject(
    'unknown-actor',
    'No practitioner of this service has this id; add one with `waymark practitioner add` or look it up in /api/v1/practitioners',
  );
}
