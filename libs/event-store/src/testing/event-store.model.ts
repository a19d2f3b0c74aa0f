/** Any sequence of appends and readings, against a model that is nothing but arrays. */
import * as fc from 'fast-check';
import type { RecordedEvent } from '@waymark/kernel';
import { PartlyRepeatedAppend, type AppendResult, type EventFilter, type EventStore, type ExpectedRevision } from '../event-store';
import { appendable } from './appendable';
import type { OpenForTest } from './event-store.contract';

interface Known {
  readonly id: string;
  readonly stream: string;
  readonly type: string;
  readonly service: string;
}

interface Model {
  readonly log: Known[];
  /** Positions of the log so far, as the store gave them. */
  readonly positions: string[];
}

interface Real {
  readonly store: EventStore;
}

const SERVICES = ['northbank', 'southbank'];
const TYPES = ['A', 'B', 'C'];

class Append implements fc.AsyncCommand<Model, Real> {
  constructor(
    private readonly stream: string,
    private readonly expected: ExpectedRevision,
    /** An index into the ids that were ever used, so that some events come again. */
    private readonly events: readonly { readonly again: number | undefined; readonly type: string }[],
  ) {}

  check(): boolean {
    return true;
  }

  async run(model: Model, { store }: Real): Promise<void> {
    const service = this.stream.split('-')[1]!;
    const before = model.log.filter(({ stream }) => stream === this.stream);
    const events = this.events.map(({ again, type }) => appendable(type, {}, { meta: { service }, ...idAgain(before, again) }));
    if (new Set(events.map(({ id }) => id)).size < events.length) return;

    const first = this.expected === 'none' ? 0 : this.expected + 1;
    const same = events.filter(({ id }, n) => before[first + n]?.id === id).length;
    const result: AppendResult | 'partly' = await store.append(this.stream, this.expected, events).catch((fault: unknown) => {
      if (fault instanceof PartlyRepeatedAppend) return 'partly' as const;
      throw fault;
    });
    if (before.length === first) {
      expect(result).toMatchObject({ outcome: 'appended', events: events.map(({ id }, n) => ({ id, revision: first + n })) });
      if (result === 'partly' || result.outcome !== 'appended') return;
      for (const { id, stream, type, position, meta } of result.events) {
        expect(position > (model.positions.at(-1) ?? '')).toBe(true);
        model.log.push({ id, stream, type, service: meta.service });
        model.positions.push(position);
      }
    } else if (same === 0) {
      expect(result).toEqual({ outcome: 'conflict', actual: before.length === 0 ? 'none' : before.length - 1 });
    } else if (same === events.length) {
      expect(result).toMatchObject({ outcome: 'repeated', events: events.map(({ id }, n) => ({ id, revision: first + n })) });
    } else {
      expect(result).toBe('partly');
    }
  }

  toString(): string {
    return `append ${this.events.length} to ${this.stream} at ${this.expected}`;
  }
}

class Read implements fc.AsyncCommand<Model, Real> {
  constructor(
    private readonly stream: string,
    private readonly from: number,
    private readonly max: number,
  ) {}

  check(): boolean {
    return true;
  }

  async run(model: Model, { store }: Real): Promise<void> {
    const expected = model.log.filter(({ stream }) => stream === this.stream).slice(this.from, this.from + this.max);
    expect((await store.read(this.stream, this.from, this.max)).map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  }

  toString(): string {
    return `read ${this.max} of ${this.stream} from ${this.from}`;
  }
}

class ReadAll implements fc.AsyncCommand<Model, Real> {
  constructor(
    private readonly from: number,
    private readonly filter: EventFilter,
  ) {}

  check(): boolean {
    return true;
  }

  async run(model: Model, { store }: Real): Promise<void> {
    const { service, types } = this.filter;
    const from = this.from % (model.log.length + 1);
    const after = model.positions[from - 1];
    const seen: RecordedEvent[] = [];
    for await (const event of store.readAll({ filter: this.filter, ...(after === undefined ? {} : { after }) })) seen.push(event);
    const expected = model.log
      .slice(from)
      .filter((event) => (service ?? event.service) === event.service && (types ?? TYPES).includes(event.type));
    expect(seen.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    expect(await store.head()).toBe(model.positions.at(-1));
  }

  toString(): string {
    return `read all after ${this.from} with ${JSON.stringify(this.filter)}`;
  }
}

function idAgain(before: readonly Known[], again: number | undefined): { id?: string } {
  const known = again === undefined ? undefined : before[again % Math.max(1, before.length)];
  return known ? { id: known.id } : {};
}

export function eventStoreModel(open: OpenForTest): void {
  it('answers any sequence of appends and readings as plain arrays would', async () => {
    const stream = fc.constantFrom(...SERVICES.flatMap((service) => [`referral-${service}-1`, `person-${service}-1`]));
    const expected: fc.Arbitrary<ExpectedRevision> = fc.oneof(fc.constant('none' as const), fc.nat(4));
    const event = fc.record({ again: fc.option(fc.nat(5), { nil: undefined }), type: fc.constantFrom(...TYPES) });
    const filter = fc.record({ service: fc.constantFrom(...SERVICES), types: fc.subarray(TYPES) }, { requiredKeys: [] });
    const commands = fc.commands(
      [
        fc.tuple(stream, expected, fc.array(event, { minLength: 1, maxLength: 3 })).map((of) => new Append(...of)),
        fc.tuple(stream, fc.nat(5), fc.integer({ min: 1, max: 5 })).map((of) => new Read(...of)),
        fc.tuple(fc.nat(20), filter).map((of) => new ReadAll(...of)),
      ],
      { maxCommands: 40 },
    );
    await fc.assert(
      fc.asyncProperty(commands, async (sequence) => {
        const store = await open({});
        try {
          await fc.asyncModelRun(() => ({ model: { log: [], positions: [] }, real: { store } }), sequence);
        } finally {
          await store.close();
        }
      }),
      { numRuns: 40 },
    );
  });
}
