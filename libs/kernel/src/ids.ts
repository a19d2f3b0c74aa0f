/** Every id that Waymark makes: derived, so that a retry reaches the same place; and the public reference. */
import { createHmac } from 'node:crypto';
import { parse, v5 } from 'uuid';

const NAMESPACE = parse('6f0c9d54-2f0e-5c0a-9a53-0d1c6b7f8e21');

/** An id that follows from its parts. The same parts always give the same id. */
export function derivedId(...parts: readonly string[]): string {
  return v5(Buffer.from(JSON.stringify(parts)), NAMESPACE);
}

/** `key` is the Idempotency-Key, a form's hidden token, or a message id with the entry's index. */
export function commandIdOf(service: string, sender: string, key: string): string {
  return derivedId('command', service, sender, key);
}

export function eventIdOf(commandId: string, stream: string, index: number): string {
  return v5(Buffer.from(`${stream}/${index}`), parse(commandId));
}

export type StreamCategory = 'referral' | 'person' | 'clinic' | 'practitioner' | 'service' | 'ruleset';

/** `<category>-<service>[-<id>]`. Never holds personal data. */
export function streamName(category: StreamCategory, service: string, id?: string): string {
  if (!/^[a-z0-9]{2,12}$/.test(service)) throw new Error('A service code is 2 to 12 of a-z and 0-9');
  return id === undefined ? `${category}-${service}` : `${category}-${service}-${id}`;
}

export function categoryOf(stream: string): string {
  return stream.slice(0, stream.indexOf('-'));
}

/** What follows the service in a stream's name: the referral's id, the person's id, `<clinic>-<date>`. */
export function idOf(stream: string): string {
  return stream.split('-').slice(2).join('-');
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * The public reference of a referral, `XXXX-XXXX-XXXX`: 55 bits of a keyed digest, then a check character
 * (Luhn modulo 32), so that it cannot be guessed and a slip of the pen is noticed.
 */
export function referenceOf(referralId: string, key: Uint8Array): string {
  const digest = createHmac('sha256', key).update(referralId).digest();
  let bits = digest.readBigUInt64BE(0) >> 9n;
  let body = '';
  for (let i = 0; i < 11; i++) {
    body = CROCKFORD[Number(bits & 31n)] + body;
    bits >>= 5n;
  }
  return grouped(body + checkCharacter(body));
}

/** The reference as written on a letter, from however it was typed; `undefined` when it is not one. */
export function parseReference(typed: string): string | undefined {
  const plain = typed.toUpperCase().replace(/[\s-]/g, '').replace(/[IL]/g, '1').replace(/O/g, '0');
  if (!/^[0-9A-HJKMNP-TV-Z]{12}$/.test(plain)) return undefined;
  return checkCharacter(plain.slice(0, 11)) === plain[11] ? grouped(plain) : undefined;
}

function grouped(plain: string): string {
  return `${plain.slice(0, 4)}-${plain.slice(4, 8)}-${plain.slice(8, 12)}`;
}

function checkCharacter(body: string): string {
  let sum = 0;
  let factor = 2;
  for (let i = body.length - 1; i >= 0; i--) {
    const product = CROCKFORD.indexOf(body[i]!) * factor;
    sum += Math.floor(product / 32) + (product % 32);
    factor = factor === 2 ? 1 : 2;
  }
  return CROCKFORD[(32 - (sum % 32)) % 32]!;
}
