/** `waymark show waitlist|caseload|outcomes|journal`: a list, as it is or as it was. */
import { LISTS, Lists, type ListName } from '@waymark/doors';
import { Ended, existingFolder, granted, print, progress, say, viewerAt, withWaymark, WRONG_INPUT, type Declare } from './command-line';
import { tableOf } from './table';

interface Options {
  readonly service?: string;
  readonly limit?: string;
  readonly cursor?: string;
  readonly asAt?: string;
  readonly known?: string;
  readonly log?: string;
  readonly json?: boolean;
}

export const declare: Declare = (command) =>
  void command
    .argument('<list>', LISTS.join(', '))
    .description('Show a list')
    .option('--service <service>', 'of which service')
    .option('--limit <n>', '1 to 200, 50 if not given')
    .option('--cursor <cursor>', 'where the page before ended')
    .option('--as-at <moment>', 'as it was: a day (YYYY-MM-DD, its end), an instant, or a position')
    .option('--known <when>', 'with --as-at: then (as it was known then) or now (what had happened by then, as it is known now)')
    .option('--log <log>', 'with --as-at and --cursor: `log` of the page before')
    .option('--json', 'as JSON')
    .action(async (list: string, { service, limit, cursor, asAt, known, log, json }: Options) => {
      if (!LISTS.some((known) => known === list)) throw new Ended(WRONG_INPUT, `There is no such list: use one of ${LISTS.join(', ')}`);
      if (limit !== undefined && !(/^\d{1,3}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= 200))
        throw new Ended(WRONG_INPUT, '--limit: a whole number from 1 to 200');
      const query = Object.fromEntries(
        Object.entries({ service, limit, cursor, 'as-at': asAt, known, log }).filter(
          (entry): entry is [string, string] => entry[1] !== undefined,
        ),
      );
      const answer = await withWaymark(existingFolder(), async (app) => {
        const lists = app.get(Lists);
        await lists.caughtUp();
        return granted(
          await lists.page(list as ListName, query, viewerAt(`waymark show ${list}`), { progress: (percent) => progress(`${percent} %`) }),
        );
      });
      if (json) return print(answer);
      if (answer.summary !== undefined) say(`${tableOf([answer.summary].flat() as object[])}\n`);
      say(tableOf(answer.items));
      if (answer.notUpToDate !== undefined) say(`${answer.notUpToDate} rows are not up to date; waymark projections parked says why`);
      say(`${answer.items.length} of ${answer.total}, at position ${answer.asAt.position ?? 'none'}`);
    });
