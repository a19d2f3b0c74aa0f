/** The log of one database, in memory: every event in the order of $all, and again by stream. It outlives the servers that serve it. */
import { randomUUID } from 'node:crypto';

export interface ProposedEvent {
  readonly id: string;
  readonly type: string;
  readonly isJson: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

export interface StoredEvent extends ProposedEvent {
  readonly stream: string;
  readonly revision: bigint;
  /** A byte offset: strictly increasing, not dense, and both the commit and the prepare position. */
  readonly position: bigint;
  /** Ticks of 100 ns since 1970. */
  readonly created: bigint;
}

/** An event with where it is found: an epoch is not in $all, and a tombstone not in its stream. */
export interface Entry {
  readonly stored: StoredEvent;
  readonly isIn: 'both' | '$all' | 'stream';
}

type Listener = (stored: readonly StoredEvent[]) => void;

/** The revision of a tombstone, and the `$tb` of a stream that was deleted softly. */
export const NEVER = 2n ** 63n - 1n;
const EPOCHS = '$epoch-information';

const TICKS_PER_MS = 10_000n;
/** What a record takes beside its names and payloads. */
const RECORD_BYTES = 90n;

export class Records {
  readonly all: StoredEvent[] = [];
  private readonly streams = new Map<string, StoredEvent[]>();
  private readonly tombstoned = new Set<string>();
  private readonly listeners = new Set<Listener>();
  private offset = 0n;

  /** Where the next record begins. */
  get end(): bigint {
    return this.offset;
  }

  /** A node begins one whenever it starts. Of these events none was seen in $all of a real node. */
  beginEpoch(): void {
    if (this.all.length === 0) this.store('$$$stats-127.0.0.1:2113', [jsonEvent('$metadata', { $maxAge: 864_000 })]);
    const revision = BigInt(this.of(EPOCHS).length);
    const epoch = jsonEvent('$epoch-information', { epochNumber: revision, epochId: randomUUID() });
    this.enter([{ stored: this.placed(EPOCHS, revision, epoch), isIn: 'stream' }]);
  }

  of(stream: string): readonly StoredEvent[] {
    return this.streams.get(stream) ?? [];
  }

  /** All in one go: whoever listens is told once. */
  store(stream: string, events: readonly ProposedEvent[]): readonly StoredEvent[] {
    const first = this.of(stream).length;
    const stored = events.map((event, i) => this.placed(stream, BigInt(first + i), event));
    this.enter(stored.map((each) => ({ stored: each, isIn: 'both' })));
    this.tell(stored);
    return stored;
  }

  tombstone(stream: string): StoredEvent {
    const stone = this.placed(stream, NEVER, jsonEvent('$streamDeleted', {}));
    this.enter([{ stored: stone, isIn: '$all' }]);
    this.tell([stone]);
    return stone;
  }

  /** The metadata of a tombstoned stream is gone with it. */
  isTombstoned(stream: string): boolean {
    return this.tombstoned.has(stream) || (stream.startsWith('$$') && this.tombstoned.has(stream.slice(2)));
  }

  isSoftlyDeleted(stream: string): boolean {
    return this.truncatedBefore(stream) === NEVER;
  }

  metadataOf(stream: string): Readonly<Record<string, unknown>> {
    const last = this.of(`$$${stream}`).at(-1);
    return last ? (JSON.parse(Buffer.from(last.data).toString('utf8')) as Record<string, unknown>) : {};
  }

  /** The first revision that a reader may still see. */
  firstReadable(stream: string): bigint {
    const { $maxCount } = this.metadataOf(stream);
    const kept = typeof $maxCount === 'number' ? BigInt(this.of(stream).length - $maxCount) : 0n;
    const before = this.truncatedBefore(stream);
    return kept > before ? kept : before;
  }

  /** Index in $all of the first event at or after the position. */
  indexFrom(position: bigint): number {
    let from = 0;
    let to = this.all.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.all[middle]!.position < position) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  isRecord(position: bigint): boolean {
    return this.all[this.indexFrom(position)]?.position === position;
  }

  /** Where the last record of $all begins: there is always one. */
  get last(): bigint {
    return this.all.at(-1)!.position;
  }

  onStored(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private truncatedBefore(stream: string): bigint {
    const { $tb } = this.metadataOf(stream);
    if (typeof $tb !== 'number') return 0n;
    return $tb >= Number(NEVER) ? NEVER : BigInt($tb);
  }

  /** All of them or none, before anybody is told. */
  protected enter(entries: readonly Entry[]): void {
    for (const { stored, isIn } of entries) {
      if (isIn !== 'stream') this.all.push(stored);
      if (isIn === '$all') this.tombstoned.add(stored.stream);
      else this.streamOf(stored.stream).push(stored);
      this.offset = stored.position + sizeOf(stored);
    }
  }

  private streamOf(name: string): StoredEvent[] {
    const stream = this.streams.get(name) ?? [];
    this.streams.set(name, stream);
    return stream;
  }

  private placed(stream: string, revision: bigint, event: ProposedEvent): StoredEvent {
    const placed = { ...event, stream, revision, position: this.offset, created: BigInt(Date.now()) * TICKS_PER_MS };
    this.offset += sizeOf(placed);
    return placed;
  }

  private tell(stored: readonly StoredEvent[]): void {
    for (const listener of this.listeners) listener(stored);
  }
}

function sizeOf({ stream, type, data, metadata }: StoredEvent): bigint {
  return RECORD_BYTES + BigInt(stream.length + type.length + data.length + metadata.length);
}

/** An event that the database writes itself. A number that is too big for JSON's is given as a bigint and written in full. */
export function jsonEvent(type: string, data: Readonly<Record<string, unknown>>): ProposedEvent {
  const fields = Object.entries(data).map(
    ([name, value]) => `${JSON.stringify(name)}:${typeof value === 'bigint' ? value : JSON.stringify(value)}`,
  );
  return { id: randomUUID(), type, isJson: true, data: Buffer.from(`{${fields.join(',')}}`), metadata: new Uint8Array() };
}
