/** The alarm is raised once when the runner falls behind, and taken back once. */
import type { ProjectionStatus } from '@waymark/projections';
import pino from 'pino';
import { watchLateness } from './lateness';

const waitlist: ProjectionStatus = {
  name: 'waitlist',
  version: 1,
  status: 'catching-up',
  position: '00000000000000000001',
  head: '00000000000000000009',
  lagEvents: 8,
  lagSeconds: 61,
  rate: null,
  percent: 10,
  parked: 0,
  lastError: null,
};

function watched(states: readonly ProjectionStatus[][]) {
  const lines: { level: number; msg: string; behind?: unknown }[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) });
  const left = [...states];
  const lateness = watchLateness(() => left.shift() ?? [], logger);
  const answers = states.map(() => lateness.look());
  lateness.stop();
  return { lines, answers };
}

test('a read model that is more than a minute behind is told once as an error, and its end once', () => {
  const { lines, answers } = watched([[{ ...waitlist, lagSeconds: 60 }], [waitlist], [waitlist], [{ ...waitlist, lagSeconds: 0 }], []]);
  expect(answers).toEqual([false, true, true, false, false]);
  expect(lines.map(({ level }) => level)).toEqual([50, 30]);
  expect(lines[0]).toMatchObject({
    msg: expect.stringContaining('more than 60 s behind'),
    behind: [{ name: 'waitlist', lagEvents: 8, lagSeconds: 61 }],
  });
});

test('one that is built for the first time, is paused or has stopped is not late: it says so itself', () => {
  const { lines } = watched([(['rebuilding', 'paused', 'faulted'] as const).map((status) => ({ ...waitlist, status }))]);
  expect(lines).toEqual([]);
});
