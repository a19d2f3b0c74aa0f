import fc from 'fast-check';
import { isRejection, londonDate } from '@waymark/kernel';
import { readAsAt, type AsAt, type AsAtQuery } from './as-at';

const LOG = '5b1b6f0e-1111-4000-8000-000000000000';
const NOW = '2026-11-24T10:00:00.000Z';

/** A log of these recorded times, in order. */
function logOf(recorded: readonly string[], logId: string | undefined = LOG) {
  const places = recorded.map((recordedAt, n) => ({ position: String(n + 1).padStart(20, '0'), recordedAt }));
  return {
    logId,
    head: () => places.at(-1),
    placeAt: (instant: string) => places.findLast(({ recordedAt }) => recordedAt <= instant),
    placeOf: (position: string) => places.find((place) => place.position === position),
  };
}

const recorded = ['2026-03-28T12:00:00.000Z', '2026-03-29T22:59:59.999Z', '2026-03-29T23:00:00.000Z', '2026-11-24T09:59:00.000Z'];
const log = logOf(recorded);
const [one, two, three, four] = ['1', '2', '3', '4'].map((n) => n.padStart(20, '0'));

function read(query: AsAtQuery, now = NOW): AsAt {
  const asAt = readAsAt(query, log, now);
  if (asAt === undefined || isRejection(asAt)) throw new Error(JSON.stringify(asAt));
  return asAt;
}

function refusal(query: AsAtQuery): unknown {
  const answer = readAsAt(query, log, NOW);
  return isRejection(answer) ? [answer.code, answer.path] : answer;
}

it.each([
  ['a day is its end in London, also on the day on which the clocks change', '2026-03-29', two, '2026-03-29T22:59:59.999Z'],
  ['a day in winter ends with UTC', '2026-03-28', one, '2026-03-28T23:59:59.999Z'],
  ['an instant is itself, with whatever offset', '2026-03-30T00:00:00+01:00', three, '2026-03-29T23:00:00.000Z'],
  ['a position is the moment at which its event was recorded', two, two, '2026-03-29T22:59:59.999Z'],
  ['today is now', '2026-11-24', four, NOW],
  ['before the first event there is nothing', '2026-03-27', undefined, '2026-03-27T23:59:59.999Z'],
])('%s', (_, asAt, position, now) => {
  const found = read({ 'as-at': asAt! });
  expect([found.past.place?.position, found.now, found.past.happenedBy]).toEqual([position, now, undefined]);
});

it('is the list as it is when nothing is asked', () => {
  expect(readAsAt({}, log, NOW)).toBeUndefined();
  expect(readAsAt({ known: 'then' }, log, NOW)).toBeUndefined();
});

it('known now is everything in the log that had happened by the moment', () => {
  const found = read({ 'as-at': '2026-03-28', known: 'now' });
  expect([found.now, found.past.place?.position, found.past.happenedBy]).toEqual([
    '2026-03-28T23:59:59.999Z',
    four,
    '2026-03-28T23:59:59.999Z',
  ]);
  expect(found.past.link).toMatchObject({ known: 'now', log: `${LOG}.${four}` });
});

it.each([
  [{ 'as-at': 'yesterday' }, ['invalid-parameter', '?as-at']],
  [{ 'as-at': '2026-11-25' }, ['invalid-parameter', '?as-at']],
  [{ 'as-at': '2026-11-24T10:00:00.001Z' }, ['invalid-parameter', '?as-at']],
  [{ 'as-at': '2026-02-30T10:00:00Z' }, ['invalid-parameter', '?as-at']],
  [{ 'as-at': '5'.padStart(20, '0') }, ['invalid-parameter', '?as-at']],
  [{ 'as-at': '0'.padStart(20, '0') }, ['invalid-parameter', '?as-at']],
  [{ 'as-at': '2026-03-28', known: 'later' }, ['unknown-code', '?known']],
  [{ known: 'now' }, ['invalid-parameter', '?known']],
  [{ log: `${LOG}.${four}` }, ['invalid-parameter', '?log']],
  [{ 'as-at': '2026-03-28', log: LOG }, ['invalid-parameter', '?log']],
  [{ 'as-at': '2026-03-28', log: `other.${one}` }, ['another-log', '?log']],
  [{ 'as-at': '2026-03-28', log: `${LOG}.${'9'.padStart(20, '0')}` }, ['another-log', '?log']],
  [{ 'as-at': '2026-03-28', log: `${LOG}.${two}` }, ['invalid-parameter', '?log']],
])('%j is refused', (query, expected) => {
  expect(refusal(query)).toEqual(expected);
});

const instants = fc.integer({ min: Date.parse('2025-01-01'), max: Date.parse(NOW) }).map((epoch) => new Date(epoch).toISOString());

it('a link of an answer gives the same past, however much has come in since', () => {
  fc.assert(
    fc.property(
      fc.array(instants, { maxLength: 20 }).map((times) => times.sort()),
      fc.oneof(instants, instants.map(londonDate)),
      fc.constantFrom('then', 'now'),
      (times, asAt, known) => {
        const first = readAsAt({ 'as-at': asAt, known }, logOf(times), NOW);
        if (first === undefined || isRejection(first)) throw new Error(JSON.stringify(first));
        const later = [...times, NOW, NOW];
        const next = readAsAt(first.past.link, logOf(later), '2026-11-30T10:00:00.000Z');
        expect(next).toEqual(first);
      },
    ),
  );
});

it('a day holds what was recorded on that day in London, and nothing of the next', () => {
  fc.assert(
    fc.property(
      fc.array(instants, { minLength: 1, maxLength: 20 }).map((times) => times.sort()),
      instants.map(londonDate),
      (times, day) => {
        fc.pre(day < '2026-11-24');
        const found = readAsAt({ 'as-at': day }, logOf(times), NOW);
        if (found === undefined || isRejection(found)) throw new Error(JSON.stringify(found));
        expect(found.past.place?.recordedAt).toBe(times.findLast((time) => londonDate(time) <= day));
        expect(londonDate(found.now)).toBe(day);
      },
    ),
  );
});
