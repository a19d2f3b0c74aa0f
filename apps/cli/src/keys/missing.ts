/** `waymark keys missing`: what the log holds sealed and keys.db does not open, by reference: it was put back from an older backup. */
import { EVENT_STORE, type EventStore } from '@waymark/event-store';
import { missingKeys, People } from '@waymark/people';
import { eventDefinitions } from '@waymark/read-models';
import { existingFolder, print, REFUSED, say, withWaymark, type Declare } from '../command-line';
import { tableOf } from '../table';

export const declare: Declare = (command) =>
  void command
    .description(
      'Read the whole log for personal fields that keys.db does not open, although nobody erased them; exit 1 when there are any',
    )
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const missing = await withWaymark(existingFolder(), async (app) => {
        const store = app.get<EventStore>(EVENT_STORE);
        const unopened = await missingKeys(app.get(People), store, eventDefinitions, 'beginning');
        const rows: object[] = [];
        for (const { subject, stream, events } of unopened)
          rows.push({ reference: await referenceOf(store, stream), subject, stream, events });
        return rows;
      });
      if (missing.length > 0) process.exitCode = REFUSED;
      if (json) return print({ missing });
      say(missing.length === 0 ? 'Every key that the log needs is here' : tableOf(missing));
    });

/** Of a referral; `null` for anything else. */
async function referenceOf(store: EventStore, stream: string): Promise<string | null> {
  const [receipt] = await store.read(stream, 0, 1);
  return typeof receipt?.data['reference'] === 'string' ? receipt.data['reference'] : null;
}
