/** The thread for work that takes seconds: one piece at a time, given up as soon as nobody waits for it any more. */
import { createRequire } from 'node:module';
import { parentPort } from 'node:worker_threads';
import { messageOf } from '@waymark/kernel';

/** Thrown through the work when nobody waits for it any more; whatever it holds is closed on the way. */
export class GivenUp extends Error {
  override readonly name = 'GivenUp';
}

export interface HeavyTurn {
  /**
   * Says how far the work is, in per cent, and lets the thread listen. Called after every page, with no cursor and no
   * transaction open. Throws `GivenUp` when nobody waits any more.
   */
  turn(percent: number): Promise<void>;
}

/** What a module of heavy work exports as `work`. Input and result are copied between the threads. */
export type HeavyWork<Input, Result> = (input: Input, turn: HeavyTurn) => Promise<Result>;

export type ToHeavy = { readonly kind: 'begin'; readonly module: string; readonly input: unknown } | { readonly kind: 'give-up' | 'stop' };

export type FromHeavy =
  | { readonly kind: 'progress'; readonly percent: number }
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'given-up' }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string };

function run(main: NonNullable<typeof parentPort>): void {
  const tell = (message: FromHeavy): void => main.postMessage(message);
  let wanted = false;

  const turn: HeavyTurn = {
    async turn(percent) {
      tell({ kind: 'progress', percent });
      await new Promise((resolve) => setImmediate(resolve));
      if (!wanted) throw new GivenUp('Nobody waits for this any more');
    },
  };
  const begin = async (module: string, input: unknown): Promise<void> => {
    wanted = true;
    try {
      const { work } = createRequire(__filename)(module) as { work: HeavyWork<unknown, unknown> };
      tell({ kind: 'done', result: await work(input, turn) });
    } catch (fault) {
      if (fault instanceof GivenUp) tell({ kind: 'given-up' });
      else tell({ kind: 'failed', name: fault instanceof Error ? fault.name : 'Error', message: messageOf(fault) });
    }
  };
  main.on('message', (message: ToHeavy) => {
    switch (message.kind) {
      case 'begin':
        return void begin(message.module, message.input);
      case 'give-up':
        wanted = false;
        return;
      case 'stop':
        wanted = false;
        return main.close();
    }
  });
}

if (parentPort !== null) run(parentPort);
