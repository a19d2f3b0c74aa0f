/** A log told in a few lines, and the read side over it: real runner, real tables, no store. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventStore } from '@waymark/event-store';
import { derivedId, referenceOf, type RecordedEvent } from '@waymark/kernel';
import { pagesOf, ReadSide, Runner, type Projection } from '@waymark/projections';
import type { ClinicEvent } from '@waymark/clinics';
import type { ReferralStreamEvent } from '@waymark/referral';
import type { Priority, Stratum, Tier } from '@waymark/rules';
import type { PractitionerEvent } from '@waymark/workforce';
import { eventDefinitions } from '../definitions';
import { readModels } from '../models';

type KnownEvent = ReferralStreamEvent | ClinicEvent | PractitionerEvent;
type DataOf<Type extends KnownEvent['type']> = Extract<KnownEvent, { type: Type }>['data'];

/** What stands in the log where a personal value was. If any of it comes out of a read model, something was kept or opened. */
export const MARKER = 'MARKER-of-a-sealed-value';
const sealed = { $enc: 1, subject: MARKER, key: 'identity', iv: MARKER, ct: MARKER } as never;

export const ASHA = derivedId('practitioner', 'asha');
export const BEN = derivedId('practitioner', 'ben');

export interface Received {
  readonly service?: string;
  readonly receivedAt?: string;
  readonly priority?: Priority;
  readonly stratum?: Stratum;
  readonly tier?: Tier;
  readonly flags?: readonly string[];
  readonly source?: DataOf<'ReferralReceived'>['source'];
  readonly triageDue?: string;
}

/** One referral of the story; each method is an event. */
export interface Told {
  readonly stream: string;
  readonly reference: string;
  readonly referralId: string;
  accepted(priority: Priority, contactDue: string, more?: { by?: string; stratum?: Stratum; tier?: Tier; at?: string }): Told;
  booked(start: string, more?: { by?: string }): Told;
  attended(more?: { counts?: boolean; at?: string }): Told;
  then<Type extends ReferralStreamEvent['type']>(type: Type, data: Omit<DataOf<Type>, 'personId'>, at?: string): Told;
}

export class Story {
  readonly events: RecordedEvent[] = [];
  private readonly revisions = new Map<string, number>();
  private referrals = 0;

  add<Type extends KnownEvent['type']>(
    type: Type,
    stream: string,
    data: DataOf<Type>,
    { service = 'northbank', at = '2026-11-02T09:00:00.000Z', actor = 'public' } = {},
  ): void {
    const n = this.events.length + 1;
    const revision = (this.revisions.get(stream) ?? -1) + 1;
    this.revisions.set(stream, revision);
    const id = derivedId('event', String(n));
    this.events.push({
      id,
      stream,
      revision,
      position: String(n).padStart(20, '0'),
      type,
      schemaVersion: 1,
      occurredAt: at,
      recordedAt: at,
      data: data as Record<string, unknown>,
      meta: { service, actor, role: 'self', commandId: id, correlationId: id },
      previousHash: '0'.repeat(64),
      hash: id,
    });
  }

  received(asked: Received = {}): Told {
    const {
      service = 'northbank',
      receivedAt = '2026-11-02T09:00:00.000Z',
      priority = 'routine',
      stratum = 'frailty',
      tier = 'targeted',
    } = asked;
    const referralId = derivedId('referral', service, String(++this.referrals));
    const stream = `referral-${service}-${referralId}`;
    const reference = referenceOf(referralId, Buffer.from('a key of the tests'));
    const personId = derivedId('person', referralId);
    const bookings: string[] = [];
    const add = <Type extends ReferralStreamEvent['type']>(type: Type, data: DataOf<Type>, at: string, actor = 'public') =>
      this.add(type, stream, data, { service, at, actor });

    add(
      'ReferralReceived',
      {
        reference,
        personId,
        source: asked.source ?? 'self',
        channel: 'api',
        receivedAt,
        birthDateGiven: 'full',
        nhsNumberGiven: 'none',
        matched: 'new',
        agreement: { basis: 'agreed' },
        need: {},
        facts: {},
        redFlags: [],
        safeguardingConcern: false,
        riskToStaff: false,
        separateNeed: false,
        restricted: false,
        flags: [],
        person: sealed,
        words: sealed,
      },
      receivedAt,
    );
    add(
      'ReferralStratified',
      {
        stratum,
        strata: [stratum],
        tier,
        priority,
        flags: [...(asked.flags ?? [])],
        routes: [],
        reasons: [],
        nearly: [],
        missing: [],
        ruleSet: 'rules',
        because: 'received',
        targets: { read: receivedAt, triage: asked.triageDue ?? receivedAt, firstContact: receivedAt, treatment: '2027-03-01' },
      },
      receivedAt,
    );

    const told: Told = {
      stream,
      reference,
      referralId,
      accepted: (decided, contactDue, { by = ASHA, at = receivedAt, ...more } = {}) =>
        told.then(
          'ReferralAccepted',
          {
            practitionerId: by,
            stratum: more.stratum ?? stratum,
            tier: more.tier ?? tier,
            priority: decided,
            reason: 'fits',
            asSuggested: decided === priority,
            contactDue,
            allowance: 6,
          },
          at,
        ),
      booked: (start, { by = ASHA } = {}) => {
        const bookingId = derivedId('booking', referralId, String(bookings.length));
        bookings.push(bookingId);
        const end = new Date(Date.parse(start) + 1_800_000).toISOString();
        return told.then('AppointmentBooked', {
          bookingId,
          clinicStream: `clinic-${service}-hall-2026-11-23`,
          slot: `hall.2026-11-23.0900.${bookings.length}`,
          type: 'first',
          place: 'Elm Road',
          practitionerId: by,
          start,
          end,
        });
      },
      attended: ({ counts = true, at = '2026-11-23T17:00:00.000Z' } = {}) =>
        told.then('Attended', { bookingId: bookings.at(-1)!, late: false, counts }, at),
      then: (type, data, at = receivedAt) => {
        add(type, { personId, ...data } as never, at);
        return told;
      },
    };
    return told;
  }

  discharged(
    told: Told,
    { at = '2026-11-23T17:00:00.000Z', eligible = true, pairs = [], ...more }: Partial<DataOf<'Discharged'>> & { at?: string } = {},
  ): void {
    told.then(
      'Discharged',
      {
        practitionerId: ASHA,
        reason: 'goals-met',
        destination: 'gp',
        attended: 2,
        eligible,
        pairs,
        released: [],
        summary: sealed,
        ...more,
      },
      at,
    );
  }
}

const opened: { close(): void }[] = [];

/** Over the story as it is told: every query first catches up with what was added. */
export function readSideOf(story: Story, projections: readonly Projection[] = readModels): ReadSide {
  const folder = mkdtempSync(join(tmpdir(), 'waymark-read-models-'));
  const log = pagesOf('the-log-of-the-story', story.events);
  const runner = new Runner({ folder, log, projections, definitions: eventDefinitions });
  const readSide = new ReadSide({ folder, projections, log, drive: { catchUp: () => void runner.catchUp() } });
  opened.push({
    close() {
      readSide.close();
      runner.close();
      rmSync(folder, { recursive: true, force: true });
    },
  });
  return readSide;
}

export function closeReadSides(): void {
  for (const side of opened.splice(0)) side.close();
}

/** The story as a log that can be read. */
export function logOf({ events }: Story): Pick<EventStore, 'read' | 'readAll'> {
  return {
    read: async (stream) => events.filter((event) => event.stream === stream),
    async *readAll({ after = '', filter } = {}) {
      for (const event of events) {
        if (event.position > after && event.meta.service === filter?.service && (filter.types?.includes(event.type) ?? true)) yield event;
      }
    },
  };
}
