/** From a checked body to its answer: finds the service, the actor and the referral, issues the command, and puts it on the bus. */
import { randomUUID } from 'node:crypto';
import type { CommandBus } from '@nestjs/cqrs';
import type { EventStore } from '@waymark/event-store';
import {
  commandIdOf,
  isRejection,
  issue,
  keyReused,
  parseReference,
  RecentlyUsed,
  reject,
  streamName,
  type Actor,
  type Issue,
  type Outcome,
  type Rejection,
} from '@waymark/kernel';
import { KeyDestroyed, personErased, type People } from '@waymark/people';
import type { ReadSide } from '@waymark/projections';
import { findReference, findRequest, references, type ReferenceRow } from '@waymark/read-models';
import type { Configuration } from '@waymark/rules';
import { practitionerOf } from '@waymark/workforce';
import { readBody, type BodyClass } from './body';
import { serviceNamed } from './services';
import { readStream } from './streams';

/** Who sends, through which door, and how often. */
export interface Sender {
  readonly service?: string;
  /** Somebody of the service; absent = nobody in particular. */
  readonly practitionerId?: string;
  /** Who it is when no practitioner acts. */
  readonly otherwise: 'public' | 'machine' | 'system';
  readonly channel: Issue['channel'];
  /** Idempotency-Key, or a message id and the entry's index. Absent = every call is a new command. */
  readonly key?: string;
  /** The key is made of all that is sent, so nothing else can have been sent with it. */
  readonly keyOfContent?: true;
  readonly correlationId: string;
  readonly seenRevision?: number;
}

/** Requests remembered until the read model that keeps them all has caught up. */
const REMEMBERED_REQUESTS = 10_000;

export class Dispatch {
  /** Command id to the fingerprint of the request that was carried out under it. */
  private readonly lately = new RecentlyUsed<string, string>(REMEMBERED_REQUESTS);

  constructor(
    private readonly bus: CommandBus,
    private readonly store: EventStore,
    private readonly people: People,
    private readonly configuration: Configuration,
    private readonly readSide: ReadSide,
  ) {}

  /** Who asks is looked at before what is asked: checks `body` as a `Body`, completes it with `fields` that no body has, and carries it out. */
  async send<C extends object, Answer>(
    Body: BodyClass<C>,
    body: unknown,
    sender: Sender,
    fields: Partial<C> = {},
  ): Promise<Outcome<Answer>> {
    const service = await serviceNamed(sender.service ?? serviceIn(body), this.configuration);
    if (isRejection(service)) return service;
    const practitioner = sender.practitionerId === undefined ? undefined : await this.practitioner(service, sender.practitionerId);
    if (isRejection(practitioner)) return practitioner;
    const command = readBody(Body, body);
    if (isRejection(command)) return command;
    const actor = practitioner ?? somebody(sender, command);
    Object.assign(command, fields);
    const commandId = commandIdOf(service, actor.id, sender.key ?? randomUUID());
    const fingerprint = sender.key === undefined ? undefined : this.people.fingerprint({ command: Body.name, body, fields });
    if (fingerprint !== undefined && !sender.keyOfContent && !(await this.isFreeOrTheSame(commandId, fingerprint))) return keyReused();
    issue(command, {
      service,
      actor,
      commandId,
      correlationId: sender.correlationId,
      channel: sender.channel,
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(sender.seenRevision === undefined ? {} : { seenRevision: sender.seenRevision }),
    });
    const outcome = await this.executed<Answer>(command);
    if (fingerprint !== undefined && !isRejection(outcome)) this.lately.set(commandId, fingerprint);
    return outcome;
  }

  /** The referral behind a reference, however it was typed. Waits for the lists to catch up before it says there is none. */
  async referral(typed: string): Promise<Outcome<ReferenceRow>> {
    const reference = parseReference(typed);
    if (reference === undefined)
      return reject('unknown-referral', 'A reference looks like 7K4Q-2M9X-3TBC; check it against the letter or receipt');
    const found = await findReference(this.readSide, reference);
    if (found) return found;
    const head = await this.store.head();
    const whole = head === undefined || (await this.readSide.waitFor(head, undefined, [references.name]));
    const known = await findReference(this.readSide, reference);
    if (known) return known;
    return whole
      ? reject('unknown-referral', 'No referral has this reference; check it against the letter or receipt')
      : reject('unavailable', 'The list of references is behind the log; try again');
  }

  /** Somebody of a service, as the one who acts. */
  async practitioner(service: string, practitionerId: string): Promise<Outcome<Actor>> {
    const id = practitionerId.toLowerCase();
    if (!/^[0-9a-f-]{36}$/.test(id)) return unknownActor();
    const practitioner = practitionerOf(await readStream(this.store, streamName('practitioner', service, id)));
    return practitioner ? { kind: 'practitioner', id, role: practitioner.level } : unknownActor();
  }

  private async executed<Answer>(command: object): Promise<Outcome<Answer>> {
    try {
      return (await this.bus.execute(command as never)) as Outcome<Answer>;
    } catch (fault) {
      if (fault instanceof KeyDestroyed) return personErased();
      throw fault;
    }
  }

  /** The stream of a command knows its requests; this also finds the one that led to another stream. */
  private async isFreeOrTheSame(commandId: string, fingerprint: string): Promise<boolean> {
    const before = this.lately.get(commandId) ?? (await findRequest(this.readSide, commandId));
    return before === undefined || before === fingerprint;
  }
}

/** A body that is not checked yet. */
function serviceIn(body: unknown): string | undefined {
  const { service } = Object(body) as { service?: unknown };
  return typeof service === 'string' ? service : undefined;
}

function somebody({ otherwise }: Sender, command: object): Actor {
  return { kind: otherwise, id: otherwise, role: 'source' in command && typeof command.source === 'string' ? command.source : otherwise };
}

export function unknownActor(): Rejection {
  return reject(
    'unknown-actor',
    'No practitioner of this service has this id; add one with `waymark practitioner add` or look it up in /api/v1/practitioners',
  );
}
