/** What can go wrong with a node, switched on and off by a test, and how often it did. */
import { status, type Metadata } from '@grpc/grpc-js';
import { refusal, unavailable, type Refusal } from './wire';

/** `subscribe` is a read that goes on; `features` is what a client asks first; `gossip` is how it finds the leader. */
export type Call = 'append' | 'batch-append' | 'read' | 'subscribe' | 'delete' | 'features' | 'gossip';

export type Fault =
  /** Refused at once, nothing stored. */
  | 'unavailable'
  /** Nothing is stored, and nothing is ever said. */
  | 'never-answered'
  /** Stored, and nothing is ever said. */
  | 'answer-lost'
  /** Stored, and the call ends without any status, as at a node that is being stopped. */
  | 'reset-after-storing'
  /** An answer of a time-out after `commitTimeoutMs`; stored `storedLaterMs` after that. */
  | 'timeout-stored-later'
  /** A re-send is answered by a time-out after `commitTimeoutMs`, as often happens when its twin is in flight. */
  | 'resend-times-out'
  /** A re-send is answered as one that expected another revision. Never seen of a node, which need not remember ids for ever. */
  | 'resend-refused'
  /** A success that does not say where. */
  | 'no-position'
  /** Calls that require the leader are told who that is, and nothing more. */
  | 'not-leader'
  /** A live subscriber is cut at once, without any burst. */
  | 'too-slow'
  /** Subscriptions are told nothing, without any error, until it is switched off. */
  | 'silence'
  /** Nobody can be discovered here. */
  | 'no-discovery';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface Switch {
  /** How often it happens before it switches itself off. Absent = until switched off. */
  readonly times?: number;
  /** Which calls it is for. Absent = all that can fail in this way. */
  readonly calls?: readonly Call[];
  /** For `not-leader`: who is. */
  readonly leader?: Endpoint;
}

const STREAM_CALLS: readonly Call[] = ['append', 'batch-append', 'read', 'subscribe', 'delete'];
const APPENDS: readonly Call[] = ['append', 'batch-append'];

/** What can fail in each way. */
const CALLS: Readonly<Record<Fault, readonly Call[]>> = {
  unavailable: STREAM_CALLS,
  'never-answered': STREAM_CALLS,
  'answer-lost': ['append', 'delete'],
  'reset-after-storing': ['append', 'delete'],
  'timeout-stored-later': ['append'],
  'resend-times-out': ['append'],
  'resend-refused': ['append'],
  'no-position': APPENDS,
  // A subscription may be had from any node, whatever it asks for.
  'not-leader': ['append', 'batch-append', 'read', 'delete'],
  'too-slow': ['subscribe'],
  silence: ['subscribe'],
  'no-discovery': ['gossip'],
};

export class Faults {
  private readonly on = new Map<Fault, { left: number; calls: readonly Call[]; leader: Endpoint | undefined }>();
  private readonly changed = new Set<() => void>();
  readonly happened = Object.fromEntries(Object.keys(CALLS).map((fault) => [fault, 0])) as Record<Fault, number>;

  switchOn(fault: Fault, { times = Infinity, calls = CALLS[fault], leader }: Switch = {}): void {
    if (fault === 'not-leader' && !leader) throw new Error('Whoever is sent to the leader must be told who that is');
    this.on.set(fault, { left: times, calls, leader });
    this.tell();
  }

  /** Absent = all of them. */
  switchOff(fault?: Fault): void {
    if (fault === undefined) this.on.clear();
    else this.on.delete(fault);
    this.tell();
  }

  isOn(fault: Fault, call: Call): boolean {
    return this.on.get(fault)?.calls.includes(call) === true;
  }

  /** Whether it happens to this call: counted when it does. */
  take(fault: Fault, call: Call): boolean {
    const state = this.on.get(fault);
    if (!state || !state.calls.includes(call)) return false;
    this.happened[fault]++;
    if (--state.left <= 0) this.on.delete(fault);
    return true;
  }

  /** What happens to a call before it is looked at; undefined = nothing. */
  atTheDoor(call: Call, headers: Metadata): Refusal | 'unanswered' | undefined {
    if (this.take('unavailable', call)) return unavailable();
    if (this.take('never-answered', call)) return 'unanswered';
    const leader = this.on.get('not-leader')?.leader;
    if (!leader || headers.get('requires-leader')[0] !== 'true' || !this.take('not-leader', call)) return undefined;
    return refusal(status.NOT_FOUND, 'Leader info available', {
      exception: 'not-leader',
      'leader-endpoint-host': leader.address,
      'leader-endpoint-port': String(leader.port),
    });
  }

  /** Tells whenever a switch is turned by the test. */
  onSwitch(listener: () => void): () => void {
    this.changed.add(listener);
    return () => this.changed.delete(listener);
  }

  private tell(): void {
    for (const listener of [...this.changed]) listener();
  }
}
