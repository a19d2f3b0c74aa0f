/** A story in a log on the disk, and its pasts: the real store, the real thread. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEventStore, type EventStore } from '@waymark/event-store';
import type { RecordedEvent } from '@waymark/kernel';
import { HeavyThread, Pasts } from '@waymark/projections';
import { readModels } from '../models';
import type { Story } from './told';

/** One thread for all the pasts of a file of tests: it takes long to start. */
export function heavyThread(): HeavyThread {
  return new HeavyThread({ execArgv: ['-r', join(__dirname, '../../../projections/src/testing/typescript.cjs')] });
}

export interface Stored {
  readonly store: EventStore;
  readonly pasts: Pasts;
  /** As the log gives them back: recorded when the story says, and never earlier than the one before. */
  readonly events: readonly RecordedEvent[];
  readonly folder: string;
  close(): Promise<void>;
}

export async function stored(story: Story, heavy: HeavyThread, keep?: number): Promise<Stored> {
  const folder = mkdtempSync(join(tmpdir(), 'waymark-past-'));
  const events: RecordedEvent[] = [];
  const clock = (): Date => new Date(story.events[events.length]?.recordedAt ?? 0);
  const store = openEventStore({ folder, synchronous: 'off', clock });
  for (const { id, stream, revision, type, schemaVersion, occurredAt, data, meta } of story.events) {
    const result = await store.append(stream, revision === 0 ? 'none' : revision - 1, [
      { id, type, schemaVersion, occurredAt, data, meta },
    ]);
    if (result.outcome !== 'appended') throw new Error(`The story met a ${result.outcome}`);
    events.push(...result.events);
  }
  const modelsModule = join(__dirname, '../models.ts');
  const pasts = new Pasts({ folder, projections: readModels, modelsModule, heavy, ...(keep === undefined ? {} : { keep }) });
  return {
    store,
    pasts,
    events,
    folder,
    async close() {
      pasts.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
