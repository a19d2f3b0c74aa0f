/** What every command of the line shares: how it is declared, how it answers, and how it opens a data folder. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { readEnvironment, WaymarkModule, wholeDataFolder, type Environment, type Sender, type Viewer } from '@waymark/doors';
import type { Clock } from '@waymark/event-store';
import { isRejection, type Outcome } from '@waymark/kernel';
import { problemOf, toLine } from '@waymark/problems';
import type { Command } from 'commander';

/** Exit codes: contract section 6. */
export const DONE = 0;
export const REFUSED = 1;
export const WRONG_INPUT = 2;
export const FOLDER_UNUSABLE = 3;

/** Ends the command with one line on standard error. */
export class Ended extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** Declares arguments and options, and says what the command does. */
export type Declare = (command: Command) => void;

export function environment(): Environment {
  return readEnvironment(process.env);
}

/** A line of JSON. Waits for a reader that is slower than we are, so that a long log is not piled up in memory. */
export async function print(value: unknown): Promise<void> {
  if (!process.stdout.write(`${JSON.stringify(value)}\n`)) await once(process.stdout, 'drain');
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** To standard error: what went wrong, or what was done. */
export function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** How far it is: for somebody who looks on, and for nobody else. */
export function progress(text: string): void {
  if (process.stderr.isTTY) tell(text);
}

/** The answer, or the end of the command with what to do. What cannot be read, or names no service, is wrong input; the rest is refused. */
export function granted<Answer>(outcome: Outcome<Answer>): Answer {
  if (!isRejection(outcome)) return outcome;
  const isWrongInput = problemOf(outcome.code).status === 400 || outcome.code === 'unknown-service';
  throw new Ended(isWrongInput ? WRONG_INPUT : REFUSED, toLine(outcome));
}

/** For commands that read: a folder without a log has nothing to say, and one that is half filled would say a part. */
export function existingFolder(): Environment {
  const env = folderWithLog();
  wholeDataFolder(env.dataFolder);
  return env;
}

/** Whole or not. */
export function folderWithLog(): Environment {
  const env = environment();
  if (env.logServer === undefined && !existsSync(join(env.dataFolder, 'log.db'))) {
    throw new Ended(
      FOLDER_UNUSABLE,
      'There is no log in the data folder: set WAYMARK_DATA to the folder of a service, or take in a first referral with waymark intake',
    );
  }
  return env;
}

/** Opens the product on the folder, runs, and closes it whatever happens. */
export async function withWaymark<T>(env: Environment, run: (app: INestApplicationContext) => Promise<T>, clock?: Clock): Promise<T> {
  const app = await NestFactory.createApplicationContext(
    WaymarkModule.open({ environment: env, role: 'cli', ...(clock ? { clock } : {}) }),
    { logger: false, abortOnError: false },
  );
  try {
    return await run(app);
  } finally {
    await app.close();
  }
}

export async function standardInput(): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** `--data`: JSON itself, `@file`, or `-` for standard input. */
export async function readData(text: string | undefined): Promise<unknown> {
  if (text === undefined) return {};
  let json: string;
  try {
    json = text === '-' ? (await standardInput()).toString('utf8') : text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text;
  } catch {
    throw new Ended(WRONG_INPUT, '--data: the file cannot be read');
  }
  try {
    return JSON.parse(json) as unknown;
  } catch {
    throw new Ended(WRONG_INPUT, '--data: not JSON; give a JSON object, @file or - for standard input');
  }
}

/** Whoever reads at the command line: nobody in particular, for nobody signs in here. */
export function viewerAt(route: string): Viewer {
  return { otherwise: 'system', route, correlationId: randomUUID() };
}

/** What an operator does about a person: by nobody in particular unless `--as` names somebody. */
export function operatorOf(options: { readonly as?: string }): Sender {
  return { ...senderOf(options), otherwise: 'system' };
}

/** Whoever uses the command line. */
export function senderOf(options: { readonly as?: string; readonly service?: string; readonly key?: string }): Sender {
  return {
    otherwise: 'public',
    channel: 'cli',
    correlationId: randomUUID(),
    ...(options.as === undefined ? {} : { practitionerId: options.as }),
    ...(options.service === undefined ? {} : { service: options.service }),
    ...(options.key === undefined ? {} : { key: options.key }),
  };
}
