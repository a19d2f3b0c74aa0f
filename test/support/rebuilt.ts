/** Whether the read models of a folder are, column by column, what a fold of its log gives. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { upcasting, type RecordedEvent } from '@waymark/kernel';
import { compareWithFold } from '@waymark/projections/testing';
import { eventDefinitions, readModels } from '@waymark/read-models';
import { openLogOf } from './log-of';

export async function eventsIn(folder: string): Promise<RecordedEvent[]> {
  const store = await openLogOf(folder, { readOnly: true });
  const current = upcasting(eventDefinitions);
  const events: RecordedEvent[] = [];
  for await (const event of store.readAll()) events.push(current(event));
  await store.close();
  return events;
}

/** Every difference between the rows of every read model and the fold of the log; none = identical. */
export async function differencesFromFold(folder: string): Promise<unknown[]> {
  const events = await eventsIn(folder);
  const db = new Database(join(folder, 'read.db'), { readonly: true });
  try {
    return readModels.flatMap((projection) => compareWithFold(db, projection, events));
  } finally {
    db.close();
  }
}
