import { oneOfEach, received } from './testing/histories';
import { wordsOf } from './words';

describe('an event in words', () => {
  it.each(Object.values(oneOfEach).map((event) => [event.type, event] as const))('%s is a sentence of its own', (_, event) => {
    const others = Object.values(oneOfEach).filter(({ type }) => type !== event.type);
    expect(wordsOf(event)).toMatch(/^[A-Z][^_{}[\]]{3,}$/);
    expect(others.map(wordsOf)).not.toContain(wordsOf(event));
  });

  it('tells nothing of who the person is and what was written', () => {
    const all = [...Object.values(oneOfEach), received({ source: 'family' })].map(wordsOf).join('\n');
    for (const secret of ['Okonkwo', 'Ada', '1941', 'bath', 'Nothing']) expect(all).not.toContain(secret);
  });

  it('is there for an event that a newer program stored', () => {
    expect(wordsOf({ type: 'ReferralSentToTheMoon', data: {} })).toContain('ReferralSentToTheMoon');
  });
});
