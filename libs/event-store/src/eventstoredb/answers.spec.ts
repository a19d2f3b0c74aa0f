/** The faults of a server as its client shows them, each as it was seen on a real node, and what each means. */
import { isTooSlow, meaningOf, needsNewClient, type Meaning } from './answers';
import { NoAnswer } from './connection';

const plain = (message: string, code?: number): Error => Object.assign(new Error(message), code === undefined ? {} : { code });
const clients = (type: string, code?: number, message = ''): Error => Object.assign(plain(message, code), { type });

const TOO_SLOW = 'Operation timed out: Consumer too slow to handle event while live. Client resubscription required.';

const seen: [name: string, fault: unknown, meaning: Meaning, client: 'kept' | 'replaced'][] = [
  ['WrongExpectedVersionError, with an empty message', clients('wrong-expected-version'), 'conflict', 'kept'],
  ['WrongExpectedVersionError of a delete', clients('wrong-expected-version', 9), 'conflict', 'kept'],
  ['StreamDeletedError', clients('stream-deleted', 9), 'refused', 'kept'],
  ['MaxAppendSizeExceededError', clients('maximum-append-size-exceeded', 3), 'refused', 'kept'],
  ['AccessDeniedError', clients('access-denied', 7), 'refused', 'kept'],
  ['an error of permission that the client has no word for', plain('Permission denied', 7), 'refused', 'kept'],
  ['an error of sign-in', plain('Unauthenticated', 16), 'refused', 'kept'],
  ['an argument that the node does not take', clients('invalid-argument', 3), 'refused', 'kept'],
  ['NotLeaderError, with the code of something not found', clients('not-leader', 5, 'Leader info available'), 'unknown', 'kept'],
  ['UnavailableError', clients('unavailable', 14, 'Server Is Not Ready'), 'unknown', 'kept'],
  ['TimeoutError: commit phase', clients('timeout', 10, 'Operation timed out: Commit phase timeout.'), 'unknown', 'kept'],
  ['TimeoutError: cancelled', clients('timeout', 10, 'Operation timed out: Request canceled by server'), 'unknown', 'kept'],
  ['DeadlineExceededError', clients('deadline-exceeded', 4), 'unknown', 'replaced'],
  ['DeadlineExceededError without a code', clients('deadline-exceeded'), 'unknown', 'replaced'],
  ['a plain Error of a deadline', plain('Deadline exceeded', 4), 'unknown', 'replaced'],
  ['CancelledError', clients('cancelled', 1), 'unknown', 'kept'],
  ['UnknownError 1', clients('unknown', 1), 'unknown', 'kept'],
  ['UnknownError 2', clients('unknown', 2, 'Exception was thrown by handler.'), 'unknown', 'kept'],
  ['UnknownError 13 of a node that stops', clients('unknown', 13, 'Received RST_STREAM with code 0'), 'unknown', 'kept'],
  ['UnknownError 15', clients('unknown', 15), 'unknown', 'kept'],
  ['a plain Error with code 14', plain('No connection established', 14), 'unknown', 'kept'],
  ['a plain Error of discovery, with neither code nor type', plain('Failed to discover after 10 attempts.'), 'unknown', 'replaced'],
  ['our own watchdog', new NoAnswer('The server does not answer an append'), 'unknown', 'replaced'],
  ['whatever was never seen', plain('Something else'), 'unknown', 'kept'],
  ['something that is no error', undefined, 'unknown', 'kept'],
];

it.each(seen)('%s', (_, fault, meaning, client) => {
  expect(meaningOf(fault)).toBe(meaning);
  expect(needsNewClient(fault)).toBe(client === 'replaced');
  expect(isTooSlow(fault)).toBe(false);
});

it('a live reader who was handed too much is told from every other time-out', () => {
  expect(isTooSlow(clients('timeout', 10, TOO_SLOW))).toBe(true);
  expect(isTooSlow(plain(TOO_SLOW, 13))).toBe(false);
});
