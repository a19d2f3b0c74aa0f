/** What every command carries beside its own fields: who asks, in whose name, how often, and what was on their screen. */
import { reject, type Rejection } from './rejection';

/** Who acts. `practitioner` commands name a practitioner's id; the rest have no person's identity behind them. */
export interface Actor {
  readonly kind: 'practitioner' | 'public' | 'machine' | 'system';
  /** The practitioner's id, or the kind itself. */
  readonly id: string;
  /** The practitioner's level, the referral's source, or the kind itself. */
  readonly role: string;
}

/** How a command was issued. One for each command; it travels with it over the bus. */
export interface Issue {
  readonly service: string;
  readonly actor: Actor;
  readonly commandId: string;
  readonly correlationId: string;
  readonly causationId?: string;
  readonly channel: 'api' | 'page' | 'fhir' | 'csv' | 'cli';
  /** Keyed digest of the request; the same command id with another one is refused as `idempotency-key-reused`. */
  readonly fingerprint?: string;
  /** The revision that was on the person's screen. Required for a decision of a person. */
  readonly seenRevision?: number;
}

/** What the log holds after a command, and where to wait for it. */
export interface Receipt {
  readonly logId: string;
  /** Of the last event of the answer; of the stream's last event when nothing was appended. */
  readonly position: string;
  readonly stream: string;
  readonly revision: number;
  /** Empty = nothing to do. */
  readonly events: readonly { readonly id: string; readonly type: string }[];
  /** The answer of an earlier, identical command. */
  readonly replayed: boolean;
}

export type Outcome<Answer = Receipt> = Answer | Rejection;

const issues = new WeakMap<object, Issue>();

/** Attaches how a command was issued; the bus message stays the validated body itself. */
export function issue<C extends object>(command: C, how: Issue): C {
  issues.set(command, how);
  return command;
}

export function issueOf(command: object): Issue {
  const how = issues.get(command);
  if (!how) throw new Error('A command reached its handler without being issued');
  return how;
}

export function keyReused(): Rejection {
  return reject('idempotency-key-reused', 'This key came with another request before; use a new key for a new request');
}
