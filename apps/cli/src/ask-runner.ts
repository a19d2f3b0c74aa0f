/** What every command of `waymark projections` that asks the runner for something shares: who asks, how far it is, and how it ended. */
import { userInfo } from 'node:os';
import { Operator, type Asked, type OperatorRequest } from '@waymark/projections';
import { existingFolder, granted, print, progress, say, withWaymark } from './command-line';

export interface AskOptions {
  readonly as?: string;
  readonly json?: boolean;
}

/** Carried out by the server of the folder, or here where there is none. Ends the command when it is refused or fails. */
export async function askRunner(
  asked: Omit<Asked, 'askedBy'>,
  { as, json }: AskOptions,
  done: (request: OperatorRequest) => string,
): Promise<void> {
  let told = '';
  const request = await withWaymark(existingFolder(), async (app) =>
    granted(
      await app.get(Operator).carriedOut({ ...asked, askedBy: as ?? user() }, ({ status, percent, rate }) => {
        const text = status === 'waiting' ? 'Waiting for the runner' : `${percent ?? 0} %${rate === null ? '' : `, ${rate} events/s`}`;
        if (text !== told) progress((told = text));
      }),
    ),
  );
  const { result, ...rest } = request;
  if (json) return print({ request: { ...rest, result: result === null ? null : (JSON.parse(result) as object) } });
  say(done(request));
}

/** Stands in state.db beside what was asked. */
function user(): string {
  try {
    return userInfo().username;
  } catch {
    return 'nobody known';
  }
}
