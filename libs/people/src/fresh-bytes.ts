/** Random bytes for keys and initialisation vectors, many at a draw: a draw costs more than what most of them are used for. */
import { randomFillSync } from 'node:crypto';

const drawn = Buffer.alloc(16_384);
let used = drawn.length;

/** A copy that nobody else holds; what it was copied from is wiped. `count`: at most 16,384. */
export function freshBytes(count: number): Buffer {
  if (used + count > drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  const taken = drawn.subarray(used, used + count);
  const bytes = Buffer.from(taken);
  taken.fill(0);
  used += count;
  return bytes;
}
