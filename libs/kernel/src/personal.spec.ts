import { z } from 'zod';
import { defineEvents } from './event';
import { ERASED, isErased, isSealed, personal, personalFieldsOf } from './personal';

const name = personal(z.strictObject({ family: z.string() }), { subjectField: 'personId', kind: 'identity' });
const note = personal(z.string(), { subjectField: 'personId', kind: 'clinical' });

describe('a personal field', () => {
  it('is found by the mark on its schema, optional or not', () => {
    const fields = personalFieldsOf(z.strictObject({ personId: z.string(), age: z.number(), name, note: note.optional() }));
    expect([...fields]).toEqual([
      ['name', { subjectField: 'personId', kind: 'identity' }],
      ['note', { subjectField: 'personId', kind: 'clinical' }],
    ]);
  });

  it('is part of the definition of its event', () => {
    const { Seen } = defineEvents({ Seen: z.strictObject({ personId: z.string(), note }) });
    expect([...Seen.personal.keys()]).toEqual(['note']);
  });

  it('takes its value or the fact that it was erased, and nothing else', () => {
    expect(name.safeParse({ family: 'Testcase' }).success).toBe(true);
    expect(name.safeParse(ERASED).success).toBe(true);
    expect(name.safeParse({ family: 'Testcase', erased: true }).success).toBe(false);
    expect(name.safeParse({ erased: false }).success).toBe(false);
    expect(name.safeParse(undefined).success).toBe(false);
  });

  it('does not take a sealed value from outside for a value', () => {
    expect(name.safeParse({ $enc: 1, subject: 's', key: 'identity', iv: '', ct: '' }).success).toBe(false);
    expect(note.safeParse({ $enc: 1, subject: 's', key: 'identity', iv: '', ct: '' }).success).toBe(false);
  });
});

describe('what stands in an event', () => {
  it.each([
    ['a value', { family: 'Testcase' }, false, false],
    ['text', 'erased', false, false],
    ['nothing', null, false, false],
    ['an absent field', undefined, false, false],
    ['an erased value', { erased: true }, true, false],
    ['a sealed value', { $enc: 1, subject: 's', key: 'identity', iv: '', ct: '' }, false, true],
    ['the seal of a later version', { $enc: 2 }, false, false],
  ])('%s is told apart', (_what, value, erased, sealed) => {
    expect(isErased(value)).toBe(erased);
    expect(isSealed(value)).toBe(sealed);
  });
});
