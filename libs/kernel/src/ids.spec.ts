import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { categoryOf, commandIdOf, derivedId, eventIdOf, idOf, parseReference, referenceOf, streamName } from './ids';

describe('a derived id', () => {
  it('is the same for the same parts, so a retry reaches the same place', () => {
    expect(derivedId('referral', 'northbank', 'https://example.test', 'R1')).toBe(
      derivedId('referral', 'northbank', 'https://example.test', 'R1'),
    );
  });

  it('is never changed: stored ids depend on it', () => {
    expect(derivedId('referral', 'northbank', 'https://example.test', 'R1')).toBe('aaf97660-b092-5fcf-83f2-d888826a8f04');
    expect(eventIdOf(commandIdOf('northbank', 'self', 'k1'), 'referral-northbank-1', 0)).toBe('d4e56358-5257-5c93-b321-59f6cf43e961');
  });

  it('does not confuse where one part ends and the next begins', () => {
    expect(derivedId('ab', 'c')).not.toBe(derivedId('a', 'bc'));
    expect(derivedId('a', '')).not.toBe(derivedId('a'));
  });

  it('is one for each place of a command, and for each stream that it writes to', () => {
    const command = commandIdOf('northbank', 'self', 'k1');
    const ids = [
      eventIdOf(command, 'referral-northbank-1', 0),
      eventIdOf(command, 'referral-northbank-1', 1),
      eventIdOf(command, 'person-northbank-1', 0),
    ];
    expect(new Set(ids).size).toBe(3);
  });

  it('keeps the keys of two senders and of two services apart', () => {
    expect(new Set([commandIdOf('northbank', 'a', 'k'), commandIdOf('northbank', 'b', 'k'), commandIdOf('southbank', 'a', 'k')]).size).toBe(
      3,
    );
  });
});

describe('a stream name', () => {
  it('says its category, its service and its id, and gives them back', () => {
    const stream = streamName('clinic', 'northbank', 'moor-lane-2026-11-24');
    expect(stream).toBe('clinic-northbank-moor-lane-2026-11-24');
    expect(categoryOf(stream)).toBe('clinic');
    expect(idOf(stream)).toBe('moor-lane-2026-11-24');
    expect(streamName('service', 'northbank')).toBe('service-northbank');
  });

  it.each(['', 'n', 'North', 'north-bank', 'averyverylongname', 'nörth'])('is not made for the service code %j', (service) => {
    expect(() => streamName('referral', service, '1')).toThrow('A service code is 2 to 12 of a-z and 0-9');
  });
});

describe('a public reference', () => {
  const key = randomBytes(32);
  const anyReference = fc.uuid().map((id) => referenceOf(id, key));

  it('is three groups of four that nobody mistakes: no I, L, O or U', () => {
    fc.assert(fc.property(anyReference, (reference) => /^([0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}$/.test(reference)));
  });

  it('is found however it is typed', () => {
    fc.assert(
      fc.property(anyReference, (reference) => {
        expect(parseReference(reference)).toBe(reference);
        expect(parseReference(` ${reference.toLowerCase().replaceAll('-', ' ')} `)).toBe(reference);
        expect(parseReference(reference.replaceAll('-', '').replaceAll('1', 'l').replaceAll('0', 'o'))).toBe(reference);
      }),
    );
  });

  it('shows every slip of one character', () => {
    const alphabet = [...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'];
    fc.assert(
      fc.property(anyReference, fc.nat(11), fc.constantFrom(...alphabet), (reference, at, typed) => {
        const plain = reference.replaceAll('-', '');
        fc.pre(plain[at] !== typed);
        return parseReference(plain.slice(0, at) + typed + plain.slice(at + 1)) === undefined;
      }),
      { numRuns: 1_000 },
    );
  });

  it('follows from the referral and the key, so it cannot be guessed without the key', () => {
    expect(referenceOf('a', key)).toBe(referenceOf('a', key));
    expect(referenceOf('a', key)).not.toBe(referenceOf('a', randomBytes(32)));
    expect(referenceOf('a', key)).not.toBe(referenceOf('b', key));
  });

  it.each(['', 'ABCD', 'UUUU-UUUU-UUUU', '0000-0000-0000-0000', '7K4Q/2M9X/3TBC', 'not a reference'])('is not made of %j', (typed) => {
    expect(parseReference(typed)).toBeUndefined();
  });
});
