/** Server-sent events: after every batch of the read side, which lists changed and for which references. */
import { once } from 'node:events';
import type { Changes } from '@waymark/doors';
import { reject } from '@waymark/kernel';
import type { Request, Response } from 'express';
import { Refused } from './refused';

const KEEP_ALIVE_MS = 15_000;

/** Goes on until the reader leaves or the server ends; `Last-Event-ID` resumes after that position. */
export async function streamChanges(changes: Changes, request: Request, response: Response, ended: AbortSignal): Promise<void> {
  const after = request.header('last-event-id');
  if (after !== undefined && !/^\d{20}$/.test(after))
    throw new Refused(reject('invalid-header', 'Last-Event-ID is the id of the last event you read', 'Last-Event-ID'));
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, ended]);
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  response.write(': waymark\n\n');
  const keepAlive = setInterval(() => response.write(': still here\n\n'), KEEP_ALIVE_MS);
  try {
    for await (const { position, list, references } of changes.since(after, signal)) {
      const room = response.write(`id: ${position}\ndata: ${JSON.stringify({ list, references })}\n\n`);
      // A reader who is slow waits for itself, not in our memory.
      if (!room) await once(response, 'drain', { signal }).catch(() => undefined);
    }
  } finally {
    clearInterval(keepAlive);
    response.end();
  }
}
