/** `waymark events tail`: events as they are stored, a line each; personal fields stay sealed unless asked for. */
import { randomUUID } from 'node:crypto';
import { exportLine, type EventStore, type SubscribeOptions } from '@waymark/event-store';
import { Views } from '@waymark/access';
import { openPeople, type People } from '@waymark/people';
import type { RecordedEvent } from '@waymark/kernel';
import { Ended, existingFolder, print, tell, WRONG_INPUT, type Declare } from '../command-line';
import { openLog } from '../log';

interface Options {
  readonly after?: string;
  readonly max?: string;
  readonly follow?: boolean;
  readonly reveal?: boolean;
}

export const declare: Declare = (command) =>
  void command
    .description('Print events, a JSON line each')
    .option('--after <position>', 'only events after this position')
    .option('--max <n>', 'stop after so many')
    .option('--follow', 'go on as events are recorded')
    .option('--reveal', 'open personal fields')
    .option('--json', 'as JSON (always so)')
    .action(async ({ after, max, follow, reveal }: Options) => {
      if (after !== undefined && !/^\d{20}$/.test(after)) throw new Ended(WRONG_INPUT, '--after: a position as printed by events tail');
      if (max !== undefined && !/^[1-9]\d*$/.test(max)) throw new Ended(WRONG_INPUT, '--max: a number from 1');
      const env = existingFolder();
      const store = await openLog(env, follow ? { notice: tell } : {});
      const people = reveal
        ? await openPeople({ folder: env.dataFolder, ...(env.masterKey ? { masterKey: env.masterKey } : {}) }, store, new Date())
        : undefined;
      if (reveal) await recordView(env.dataFolder);
      const stop = new AbortController();
      process.once('SIGINT', () => stop.abort());
      process.once('SIGTERM', () => stop.abort());
      let left = max === undefined ? Number.POSITIVE_INFINITY : Number(max);
      try {
        const wanted = { ...(after === undefined ? {} : { after }), signal: stop.signal };
        for await (const event of follow ? followed(store, wanted) : store.readAll(wanted)) {
          await print(exportLine(opened(event, people)));
          if (--left === 0) break;
        }
      } finally {
        people?.close();
        await store.close();
      }
    });

async function* followed(store: EventStore, wanted: SubscribeOptions): AsyncGenerator<RecordedEvent> {
  for await (const message of store.subscribe(wanted)) if (message.kind === 'event') yield message.event;
}

/** Everybody is shown, so the line names nobody. */
async function recordView(folder: string): Promise<void> {
  const views = Views.open(folder, () => new Date());
  try {
    await views.record({ ...EVERYBODY, correlationId: randomUUID() });
  } finally {
    views.close();
  }
}

const EVERYBODY = { actor: 'system', service: '*', route: 'waymark events tail --reveal', references: [], asAt: null };

function opened(event: RecordedEvent, people: People | undefined): RecordedEvent {
  return people ? people.open(event) : event;
}
