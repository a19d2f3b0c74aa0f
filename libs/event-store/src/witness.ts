/** A witness: what the log held at a moment, kept outside it, so that nothing up to there can go, change or change places unseen. */
import { createHash } from 'node:crypto';
import { BEFORE_THE_FIRST } from './chain';
import { LogReader } from './log-reader';

/** One line of a witness file. Stored format. */
export interface Witness {
  /** Id of the log. A log that was moved has another, and the same digests. */
  readonly log: string;
  readonly at: string;
  /** How many events the log held. */
  readonly events: number;
  /** Of the last of them; `null` for an empty log, as is `hash`. */
  readonly position: string | null;
  readonly hash: string | null;
  /** The hashes of those events, folded in log order. */
  readonly digest: string;
}

/** The log does not hold what was witnessed: nothing is witnessed on top of that. */
export class WitnessContradicted extends Error {
  override readonly name = 'WitnessContradicted';
}

const PAGE_LINKS = 20_000;

/** Folds hashes in log order and compares, at every number of events that was witnessed, with what was said then. */
export class Fold {
  /** What the witness that does not agree says, in words; the first only. */
  contradiction: string | undefined;
  private next = 0;
  private readonly witnesses: readonly Witness[];

  constructor(
    witnesses: readonly Witness[] = [],
    public events = 0,
    /** `digest` after an event = SHA-256, in hex, of the digest before it followed by the event's hash. */
    public digest = BEFORE_THE_FIRST,
  ) {
    this.witnesses = witnesses.toSorted((a, b) => a.events - b.events);
    this.compare();
  }

  add(hash: string): void {
    this.digest = createHash('sha256')
      .update(this.digest + hash)
      .digest('hex');
    this.events++;
    this.compare();
  }

  /** Says that no more events come. */
  end(): void {
    const missed = this.witnesses[this.next];
    if (missed) this.contradiction ??= `${saidBy(missed)} ${missed.events} events; there are ${this.events}, so some were removed`;
  }

  private compare(): void {
    for (let due = this.witnesses[this.next]; due && due.events <= this.events; due = this.witnesses[++this.next]) {
      if (due.events === this.events && due.digest !== this.digest)
        this.contradiction ??= `${saidBy(due)} other events, or these in another order, as its first ${due.events}`;
    }
  }
}

function saidBy({ at, log }: Witness): string {
  return `The witness of ${at} (log ${log}) says that the log held`;
}

/** Reads on from the last of `earlier` where the log still holds that event; a log with another id is read from its beginning. */
export async function witnessLog(folder: string, at: string, earlier: readonly Witness[] = []): Promise<Witness> {
  const reader = new LogReader(folder);
  try {
    const log = reader.logId ?? '';
    const last = earlier.at(-1);
    const goesOn = last?.log === log && last.position !== null && reader.hashAt(last.position) === last.hash;
    const fold = goesOn ? new Fold([], last.events, last.digest) : new Fold(earlier);
    let head: { position: string; hash: string } | undefined = goesOn ? { position: last.position, hash: last.hash! } : undefined;
    for (let more = true; more;) {
      const links = reader.links(head?.position, PAGE_LINKS);
      for (const { hash } of links) fold.add(hash);
      head = links.at(-1) ?? head;
      more = links.length === PAGE_LINKS;
      await new Promise((resolve) => setImmediate(resolve));
    }
    fold.end();
    if (fold.contradiction !== undefined) throw new WitnessContradicted(fold.contradiction);
    return { log, at, events: fold.events, position: head?.position ?? null, hash: head?.hash ?? null, digest: fold.digest };
  } finally {
    reader.close();
  }
}
