/** `waymark demo`: fills an empty data folder with a believable service, by the same commands as everybody, and serves it. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '@waymark/doors';
import { Ended, environment, FOLDER_UNUSABLE, print, say, tell, withWaymark, type Declare } from './command-line';
import { liveThrough } from './demo/service-year';
import { SimulatedClock } from './demo/simulated-clock';

/** Kept in the folder, so that a later demo knows that it made it. */
const MARK = 'demo.json';
const SEED = 20_260_401;
const WEEKS = 40;
const SERVER = join(__dirname, '../../server/src/main.js');

export const declare: Declare = (command) =>
  void command
    .description('Fill an empty data folder with made-up people, or reuse a folder filled before, and serve it')
    .option('--json', 'the addresses as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const env = environment();
      if (isNew(env)) await fill(env);
      await serve(env, json === true);
    });

function isNew({ dataFolder }: Environment): boolean {
  const mark = join(dataFolder, MARK);
  if (existsSync(mark)) {
    if ((JSON.parse(readFileSync(mark, 'utf8')) as { filled: boolean }).filled) return false;
    throw new Ended(FOLDER_UNUSABLE, 'An earlier demo was stopped while it filled the data folder: remove the folder and start again');
  }
  if (existsSync(join(dataFolder, 'log.db'))) {
    throw new Ended(FOLDER_UNUSABLE, 'The data folder holds a log that no demo made: set WAYMARK_DATA to an empty folder');
  }
  return true;
}

async function fill(env: Environment): Promise<void> {
  tell(`Filling the data folder with ${WEEKS} weeks of a made-up service; everybody in it is fictional`);
  mkdirSync(env.dataFolder, { recursive: true, mode: 0o700 });
  const clock = new SimulatedClock(new Date());
  const mark = (filled: boolean): void => writeFileSync(join(env.dataFolder, MARK), JSON.stringify({ filled }));
  mark(false);
  // The first thing recorded is recorded when the service began.
  clock.backWeeks(WEEKS);
  const lived = await withWaymark(env, (app) => liveThrough(app, clock, SEED, tell), clock.now);
  mark(true);
  tell(`${lived.referrals} referrals, ${lived.waiting} waiting, ${lived.inTreatment} in treatment`);
}

/** Serves in the foreground until it is told to stop; what it prints last is where to look. */
function serve(env: Environment, json: boolean): Promise<void> {
  const server = spawn(process.execPath, [SERVER], { env: process.env, stdio: ['ignore', 'pipe', 'inherit'] });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => server.kill(signal));
  server.stdout.setEncoding('utf8').once('data', (text: string) => {
    const address = /listens on (\S+)/.exec(text)?.[1] ?? `http://${env.host}:${env.port}`;
    if (json) print({ addresses: addressesOn(address) });
    else for (const [who, where] of Object.entries(addressesOn(address))) say(`${who.padEnd(10)} ${where}`);
    if (!json) say(address);
  });
  return new Promise((resolve) => {
    server.once('exit', (code) => {
      process.exitCode = code ?? 0;
      resolve();
    });
  });
}

function addressesOn(address: string) {
  return {
    referrer: `${address}/api/v1/referrals`,
    public: `${address}/`,
    clinician: `${address}/api/v1/waitlist?stage=triage`,
    manager: `${address}/api/v1/caseload`,
  };
}
