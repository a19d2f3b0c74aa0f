/** The log as it was: which place a moment is, and what one service's events up to a place are. Page by page, in any thread. Never writes. */
import type { Database } from 'better-sqlite3';
import type { EventMeta, RecordedEvent } from '@waymark/kernel';
import { logIdIn, openForReading } from './log-file';
import { numberOf, positionOf } from './position';

/** A place in the log, and when the event there was recorded. */
export interface LogPlace {
  readonly position: string;
  readonly recordedAt: string;
}

/** An event as far as one can tell without opening it. */
export type Outline = Pick<RecordedEvent, 'position' | 'id' | 'stream' | 'type' | 'schemaVersion' | 'occurredAt'>;

type PlaceRow = [position: number, recordedAt: string];

type OutlineRow = [position: number, id: string, stream: string, type: string, schemaVersion: number, occurredAt: string];

type FoldRow = [
  position: number,
  id: string,
  stream: string,
  revision: number,
  type: string,
  schemaVersion: number,
  occurredAt: string,
  recordedAt: string,
  data: string,
  meta: string,
];

/** More than writers beside each other can have in hand at once. */
const BESIDE_EVENTS = 1_000;

export class PastLog {
  private opened: Opened | undefined;

  constructor(private readonly folder: string) {}

  /** `undefined` until somebody has written the first event. */
  get logId(): string | undefined {
    return this.open()?.logId;
  }

  head(): LogPlace | undefined {
    return this.placeUpTo(Number.MAX_SAFE_INTEGER);
  }

  /** `undefined` when there is no event at exactly this position. */
  placeOf(position: string): LogPlace | undefined {
    const found = this.placeUpTo(numberOf(position));
    return found?.position === position ? found : undefined;
  }

  /**
   * The last event before the first that was recorded after this instant; `undefined` when that is the first of all. Recorded
   * times run forwards, so the log is halved and not walked, but for writers beside each other on a server, of whom the later
   * may be stored first: the events around are looked through.
   */
  placeAt(instant: string): LogPlace | undefined {
    let low = 0;
    let high = numberOf(this.head()?.position);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const found = this.placeUpTo(middle);
      if (found === undefined || found.recordedAt <= instant) low = middle;
      else high = numberOf(found.position) - 1;
    }
    const later = this.open()?.laterAround.get(instant, low, BESIDE_EVENTS);
    return this.placeUpTo(later === undefined ? low : later - 1);
  }

  /** Position of the service's last event up to here: where nothing of the service came between, two places are the same for it. */
  lastOf(service: string, upTo: string | undefined): string | undefined {
    const position = this.open()?.last.get(service, numberOf(upTo));
    return position === undefined || position === null ? undefined : positionOf(position);
  }

  /** What tells of the service's events up to `upTo` (inclusive) whether they are worth reading: the latest first, at most `max`. */
  outlines(service: string, upTo: string | undefined, max: number): Outline[] {
    return (
      this.open()
        ?.outlines.all(service, numberOf(upTo), max)
        .map(([number, id, stream, type, schemaVersion, occurredAt]) => {
          return { position: positionOf(number), id, stream, type, schemaVersion, occurredAt };
        }) ?? []
    );
  }

  /** The events at these places, without their hashes. */
  at(positions: readonly string[]): RecordedEvent[] {
    const { one } = this.open() ?? {};
    return positions.flatMap((position) => {
      const row = one?.get(numberOf(position));
      return row === undefined ? [] : [new StoredEvent(row)];
    });
  }

  close(): void {
    this.opened?.db.close();
  }

  private placeUpTo(number: number): LogPlace | undefined {
    const row = this.open()?.place.get(number);
    return row && { position: positionOf(row[0]), recordedAt: row[1] };
  }

  /** The log may be made after this reader. */
  private open(): Opened | undefined {
    if (this.opened) return this.opened;
    const db = openForReading(this.folder);
    return (this.opened = db && openedOn(db));
  }
}

type Opened = ReturnType<typeof openedOn>;

function openedOn(db: Database) {
  return {
    db,
    logId: logIdIn(db),
    place: db
      .prepare<[number], PlaceRow>('SELECT position, recorded_at FROM events WHERE position <= ? ORDER BY position DESC LIMIT 1')
      .raw(),
    laterAround: db
      .prepare<[string, number, number], number>(
        `SELECT position FROM events WHERE recorded_at > ? AND position >
           coalesce((SELECT position FROM events WHERE position <= ? ORDER BY position DESC LIMIT 1 OFFSET ?), 0)
         ORDER BY position LIMIT 1`,
      )
      .pluck(),
    last: db.prepare<[string, number], number | null>('SELECT max(position) FROM events WHERE service = ? AND position <= ?').pluck(),
    outlines: db
      .prepare<[string, number, number], OutlineRow>(
        `SELECT position, id, stream, type, schema_version, occurred_at FROM events
         WHERE service = ? AND position <= ? ORDER BY position DESC LIMIT ?`,
      )
      .raw(),
    one: db
      .prepare<[number], FoldRow>(
        'SELECT position, id, stream, revision, type, schema_version, occurred_at, recorded_at, data, meta FROM events WHERE position = ?',
      )
      .raw(),
  };
}

/** Parsed only where somebody looks: a fold over a service's years passes over much that it does not show. */
class StoredEvent implements RecordedEvent {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: string;
  readonly type: string;
  readonly schemaVersion: number;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly meta: EventMeta;
  readonly previousHash = '';
  readonly hash = '';
  private readonly text: string;
  private parsed: RecordedEvent['data'] | undefined;

  constructor(row: FoldRow) {
    this.id = row[1];
    this.stream = row[2];
    this.revision = row[3];
    this.position = positionOf(row[0]);
    this.type = row[4];
    this.schemaVersion = row[5];
    this.occurredAt = row[6];
    this.recordedAt = row[7];
    this.meta = JSON.parse(row[9]) as EventMeta;
    this.text = row[8];
  }

  get data(): RecordedEvent['data'] {
    return (this.parsed ??= JSON.parse(this.text) as RecordedEvent['data']);
  }
}
