/** What a fault of an EventStoreDB server or its client means for whoever asked. Seen on a node of 23.10.8 and on a cluster of three. */
import { NoAnswer } from './connection';

export type Meaning =
  /** The stream stands elsewhere: read it back. Own ids there = the original success. */
  | 'conflict'
  /** A clear no, however often it is asked. */
  | 'refused'
  /** It may be stored, or not: ask again, or read it back. Never report it as failed. */
  | 'unknown';

interface Fault {
  /** The client's word for it. */
  readonly type?: string;
  /** The gRPC status. */
  readonly code?: number;
  readonly message?: string;
}

/** Whatever stands in neither table is unknown: no fault is taken for a no that is not known to be one. */
const BY_TYPE: Readonly<Record<string, Meaning>> = {
  'wrong-expected-version': 'conflict',
  'stream-deleted': 'refused',
  'maximum-append-size-exceeded': 'refused',
  'access-denied': 'refused',
  // During an election the client is sent to the dead leader again and again.
  'not-leader': 'unknown',
  unavailable: 'unknown',
  // "Commit phase timeout", "Request canceled by server": fifteen of fifteen were stored later.
  timeout: 'unknown',
  'deadline-exceeded': 'unknown',
};

const DEADLINE_EXCEEDED = 4;
const ABORTED = 10;

/** gRPC statuses that the client has no word for. */
const BY_CODE: Readonly<Record<number, Meaning>> = {
  // Invalid argument, permission denied, unauthenticated.
  3: 'refused',
  7: 'refused',
  16: 'refused',
  // Cancelled, aborted, internal ("Received RST_STREAM with code 0": a node that stops), unavailable, data loss.
  1: 'unknown',
  [ABORTED]: 'unknown',
  13: 'unknown',
  14: 'unknown',
  15: 'unknown',
  [DEADLINE_EXCEEDED]: 'unknown',
};

export function meaningOf(fault: unknown): Meaning {
  const { type, code } = faultOf(fault);
  return (type === undefined ? undefined : BY_TYPE[type]) ?? (code === undefined ? undefined : BY_CODE[code]) ?? 'unknown';
}

/** The client may wait for a node that never comes back, or has found none: whoever asks again does so through a new one. */
export function needsNewClient(fault: unknown): boolean {
  const { type, code, message = '' } = faultOf(fault);
  return (
    fault instanceof NoAnswer || type === 'deadline-exceeded' || code === DEADLINE_EXCEEDED || message.startsWith('Failed to discover')
  );
}

/** A live reader that was handed more than it took at once: the daily way in which a subscription ends. Read on from the last event handled. */
export function isTooSlow(fault: unknown): boolean {
  const { code, message = '' } = faultOf(fault);
  return code === ABORTED && message.includes('too slow');
}

function faultOf(fault: unknown): Fault {
  return Object(fault) as Fault;
}
