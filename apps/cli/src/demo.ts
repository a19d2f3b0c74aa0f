/** `waymark demo`: fills an empty data folder with a believable service, by the same commands as everybody, and serves it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { Dispatch, Lists, readyDataFolder, type Environment } from '@waymark/doors';
import { EVENT_STORE, type EventStore } from '@waymark/event-store';
import { addDays, daysBetween, londonDate } from '@waymark/kernel';
import { Configuration, readConfiguration } from '@waymark/rules';
import { Automation } from '@waymark/projections';
import { Option } from 'commander';
import {
  Ended,
  environment,
  FOLDER_UNUSABLE,
  print,
  progress,
  REFUSED,
  say,
  tell,
  withWaymark,
  WRONG_INPUT,
  type Declare,
} from './command-line';
import { isDemoFolder, isMarked, markDemo } from './demo-mark';
import { holdsLog } from './log';
import { Acts, type Product } from './made-up/acts';
import { Chance } from './made-up/chance';
import { liveThrough, ServiceLife } from './made-up/service-life';
import { northbank } from './made-up/shape';
import { SimulatedClock } from './made-up/simulated-clock';

const SEED = 20_260_401;
const WEEKS = '40';
const SERVER = join(__dirname, '../../server/src/main.js');

export const declare: Declare = (command) =>
  void command
    .description('Fill an empty data folder with made-up people, or reuse a folder filled before, and serve it')
    .option('--json', 'the addresses as JSON')
    // A short life is quick to make: for tests.
    .addOption(new Option('--weeks <n>', 'how long the service has lived').default(WEEKS).hideHelp())
    .action(async ({ json, weeks }: { json?: boolean; weeks: string }) => {
      if (!/^[1-9]\d?$/.test(weeks)) throw new Ended(WRONG_INPUT, '--weeks: a whole number from 1 to 99');
      const env = environment();
      if (await isNew(env)) await fill(env, Number(weeks));
      process.exitCode = await serve(json === true);
    });

async function isNew(env: Environment): Promise<boolean> {
  const { dataFolder } = env;
  if (isMarked(dataFolder)) {
    if (isDemoFolder(dataFolder)) return false;
    throw new Ended(FOLDER_UNUSABLE, 'An earlier demo was stopped while it filled the data folder: remove the folder and start again');
  }
  if (await holdsLog(env)) {
    throw new Ended(
      FOLDER_UNUSABLE,
      env.logServer === undefined
        ? 'The data folder holds a log that neither demo nor simulate made: set WAYMARK_DATA to an empty folder'
        : 'The server holds a log that was not made in this data folder: name an empty server in EVENTSTOREDB_URL',
    );
  }
  return true;
}

async function fill(env: Environment, asked: number): Promise<void> {
  const weeks = Math.min(asked, weeksOfRules(env));
  tell(`Filling the data folder with ${weeks} weeks of a made-up service; everybody in it is fictional`);
  readyDataFolder(env.dataFolder);
  markDemo(env.dataFolder, false);
  const now = new Date();
  const today = londonDate(now.toISOString());
  const shape = northbank({ from: addDays(today, -7 * weeks), to: today }, (date) => daysBetween(date, today));
  const clock = new SimulatedClock(shape.life.from, now);
  const life = await withWaymark(
    env,
    async (app) => {
      const acts = new Acts(throughTheDoors(app), shape.service);
      const lived = new ServiceLife(acts, new Chance(SEED), await acts.workingDays(), shape);
      const dayIsOver = (date: string) => {
        if (daysBetween(shape.life.from, date) % 28 === 0) progress(`  ${date}`);
      };
      const automation = app.get(Automation);
      await liveThrough([lived], clock, dayIsOver, () => automation.settle());
      await automation.stop();
      // The server's first page then shows everybody.
      await app.get(Lists).caughtUp();
      return lived;
    },
    clock.now,
  );
  markDemo(env.dataFolder, true);
  tell(`${life.referrals} referrals, ${life.waiting} waiting, ${life.inTreatment} in treatment`);
}

/** By the same way in as everybody: checked, recognised and stored durably, one after the other. */
function throughTheDoors(app: INestApplicationContext): Product {
  const dispatch = app.get(Dispatch);
  return {
    store: app.get<EventStore>(EVENT_STORE),
    configuration: app.get(Configuration),
    send: (Command, body, sent, fields = {}) =>
      dispatch.send(Command, body, { ...sent, otherwise: 'public', channel: sent.practitionerId ? 'page' : 'api' }, fields as never),
  };
}

/** The service is not older than its rules: before them everybody would be suggested the same. */
function weeksOfRules({ configFolder }: Environment): number {
  const begun = readConfiguration(configFolder)
    .ruleSet.rules.map(({ from }) => from)
    .sort()
    .at(-1);
  const weeks = begun === undefined ? 0 : Math.floor(daysBetween(begun, londonDate(new Date().toISOString())) / 7);
  return weeks > 0 ? weeks : Number.POSITIVE_INFINITY;
}

/** Serves in the foreground until it is told to stop; what it prints last is where to look. Gives the server's exit code. */
function serve(json: boolean): Promise<number> {
  // In a group of its own a Ctrl-C reaches it once, through us; the channel tells it when we are gone, however we went.
  const server = spawn(process.execPath, [SERVER], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], detached: true });
  let told = false;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      server.kill(told ? 'SIGKILL' : 'SIGTERM');
      told = true;
    });
  }
  let said = '';
  const { stdout } = server;
  stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    const address = /listens on (\S+)\n/.exec(said)?.[1];
    if (address === undefined) return;
    stdout.removeAllListeners('data').resume();
    void show(address, json);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (code) => resolve(code ?? (told ? 0 : REFUSED)));
  });
}

async function show(address: string, json: boolean): Promise<void> {
  const addresses = {
    referrer: `${address}/api/v1/referrals`,
    public: `${address}/`,
    clinician: `${address}/api/v1/waitlist?stage=triage`,
    manager: `${address}/api/v1/caseload`,
  };
  if (json) return print({ addresses });
  for (const [who, where] of Object.entries(addresses)) say(`${who.padEnd(10)} ${where}`);
  say(address);
}
