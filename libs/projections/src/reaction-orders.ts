/** Carries out what operators ask of reactions: by the process that runs them, or by a command that has the folder while nobody does. */
import { messageOf } from '@waymark/kernel';
import { isOfReaction, type OperatorRequest, type OperatorRequests } from './operator-requests';
import type { ReactionPlaces } from './reaction-places';
import type { ReactionRun } from './reaction-run';

type Run = Pick<ReactionRun<never>, 'retryStream' | 'skip'>;

/** `runs` by name; absent = nobody runs them now, so that the next start is the next try. */
export async function carryOutForReactions(
  requests: OperatorRequests,
  places: ReactionPlaces,
  runs?: ReadonlyMap<string, Run>,
): Promise<void> {
  for (const request of requests.unfinished()) {
    if (!isOfReaction(request.kind)) continue;
    try {
      const why = request.kind === 'retry-reaction' ? await retry(request, places, runs) : await skip(request, requests, places, runs);
      if (why === undefined) requests.done(request.id);
      else requests.failed(request.id, why);
    } catch (fault) {
      requests.failed(request.id, messageOf(fault));
    }
  }
}

/** Why it was not done; `undefined` = it was. */
async function retry(
  { projection, subject }: OperatorRequest,
  places: ReactionPlaces,
  runs?: ReadonlyMap<string, Run>,
): Promise<string | undefined> {
  const stream = subject ?? '';
  if (!places.waitingStreams(projection).has(stream)) return undefined;
  if (runs === undefined) return 'Reactions run in the server, and none runs: its next start tries what waits';
  const run = runs.get(projection);
  if (run === undefined) return 'This program has no such reaction';
  return (await run.retryStream(stream)) ? undefined : 'It waits again; waymark projections parked says why';
}

async function skip(
  request: OperatorRequest,
  requests: OperatorRequests,
  places: ReactionPlaces,
  runs?: ReadonlyMap<string, Run>,
): Promise<string | undefined> {
  const { projection, subject } = request;
  const eventId = subject ?? '';
  const stream = places.streamOf(projection, eventId);
  if (stream === undefined && !requests.skippedBy(projection).has(eventId))
    return 'This event does not wait there; waymark projections parked lists those that do';
  requests.skip(request);
  if (stream === undefined) return undefined;
  const run = runs?.get(projection);
  if (run === undefined) places.remove(projection, eventId);
  else await run.skip(eventId, stream);
  return undefined;
}
