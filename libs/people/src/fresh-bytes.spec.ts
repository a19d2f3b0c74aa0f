import { freshBytes } from './fresh-bytes';

test('no two draws are the same, whatever their lengths and however many', () => {
  const draws = Array.from({ length: 5_000 }, (_, n) => freshBytes(n % 2 === 0 ? 12 : 32));
  expect(draws.map(({ length }) => length)).toEqual(draws.map((_, n) => (n % 2 === 0 ? 12 : 32)));
  expect(new Set(draws.map((bytes) => bytes.toString('hex'))).size).toBe(draws.length);
});

test('what was given out stays as it was when more is drawn', () => {
  const first = freshBytes(32);
  const before = first.toString('hex');
  for (let n = 0; n < 2_000; n++) freshBytes(32);
  expect(first.toString('hex')).toBe(before);
});
