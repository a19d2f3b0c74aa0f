/** Pieces of heavy work for the tests of its thread: it waits for files, so that a test decides when it goes on. */
import { appendFileSync, existsSync } from 'node:fs';
import { UnknownEventType } from '@waymark/kernel';
import type { HeavyWork } from '../heavy.worker';

export interface Piece {
  readonly name: string;
  /** Each piece notes here that it begins and that it ends. */
  readonly notes: string;
  /** Keeps the thread busy, without a turn, until this file is there. */
  readonly busyUntil?: string;
  /** Takes turns until this file is there. */
  readonly turnsUntil?: string;
  readonly fails?: 'unknown-event';
  /** The thread dies of it. */
  readonly dies?: true;
}

export const work: HeavyWork<Piece, string> = async ({ name, notes, busyUntil, turnsUntil, fails, dies }, turn) => {
  appendFileSync(notes, `begin ${name}\n`);
  try {
    while (busyUntil !== undefined && !existsSync(busyUntil));
    while (turnsUntil !== undefined && !existsSync(turnsUntil)) await turn.turn(50);
    if (dies) process.exit(7);
    if (fails) throw new UnknownEventType('This program does not know it');
    return `${name} is done`;
  } finally {
    appendFileSync(notes, `end ${name}\n`);
  }
};
