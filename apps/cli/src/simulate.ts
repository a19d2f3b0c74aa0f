/** `waymark simulate`: fills an empty data folder with the history of many made-up services, decided by the product's own deciders in simulated time. */
import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fillDataFolder, type Environment } from '@waymark/doors';
import { FilledDifferently } from '@waymark/event-store';
import { addDays, daysBetween, londonInstant } from '@waymark/kernel';
import { readConfiguration } from '@waymark/rules';
import { markDemo } from './demo-mark';
import { Ended, environment, FOLDER_UNUSABLE, print, progress, say, tell, WRONG_INPUT, type Declare } from './command-line';
import { Acts } from './made-up/acts';
import { liveThrough, ServiceLife } from './made-up/service-life';
import { SimulatedClock } from './made-up/simulated-clock';
import { configurationOf, simulatedServices } from './simulate/services';
import { openWorld } from './simulate/world';

/** Every simulated history ends on this day, so that a seed means the same history for ever. */
const LAST_DAY = '2026-10-31';

interface Asked {
  readonly services: number;
  readonly years: number;
  readonly seed: number;
}

interface Simulated extends Asked {
  readonly referrals: number;
  readonly events: number;
  readonly seconds: number;
  readonly digest: string;
}

export const declare: Declare = (command) =>
  void command
    .description(
      'Fill an empty data folder with the history of made-up services; run again with the same words, it goes on where it was stopped',
    )
    .requiredOption('--services <n>', 'how many services; the first is of the size of Northbank')
    .requiredOption('--years <n>', `how long they live, up to ${LAST_DAY}; also parts of a year, such as 0.5`)
    .requiredOption('--seed <n>', 'the same seed makes the same history')
    .option('--json', 'as JSON')
    .action(async (given: Readonly<Record<'services' | 'years' | 'seed', string>> & { json?: boolean }) => {
      const simulated = await simulate(environment(), {
        services: within(given.services, '--services', /^\d+$/, 1, 2_000),
        years: within(given.years, '--years', /^\d+(\.\d+)?$/, 0.05, 10),
        seed: within(given.seed, '--seed', /^\d+$/, 0, 2 ** 32 - 1),
      });
      if (given.json) return print(simulated);
      const { services, referrals, events, seconds, digest } = simulated;
      say(`${services} services, ${referrals} referrals, ${events} events in ${seconds} s`);
      say(digest);
    });

function within(text: string, name: string, form: RegExp, least: number, most: number): number {
  const value = Number(text);
  if (!form.test(text) || value < least || value > most) throw new Ended(WRONG_INPUT, `${name}: a number from ${least} to ${most}`);
  return value;
}

async function simulate(env: Environment, asked: Asked): Promise<Simulated> {
  if (env.logServer !== undefined)
    throw new Ended(
      WRONG_INPUT,
      'simulate writes a log as a file: leave WAYMARK_STORE out, then move it with waymark events export and import',
    );
  const { services, years, seed } = asked;
  const filling = fillDataFolder(env.dataFolder, `simulate --services ${services} --years ${years} --seed ${seed}`);
  try {
    const goesOn = existsSync(join(env.dataFolder, 'log.db'));
    if (goesOn && !filling.isAgain)
      throw new Ended(FOLDER_UNUSABLE, 'The data folder holds a log already: set WAYMARK_DATA to an empty folder');
    if (goesOn) tell('An earlier run was stopped: what it stored is made again and compared, then the rest is written');
    filling.mark();
    const started = performance.now();
    const told = await fill(env, asked);
    // Nothing was durable so far: nobody was told that any of it is stored.
    for (const file of ['log.db', 'keys.db', '']) sync(join(env.dataFolder, file));
    markDemo(env.dataFolder, true);
    filling.done();
    return { ...asked, ...told, seconds: Math.round(performance.now() - started) / 1000 };
  } finally {
    filling.end();
  }
}

async function fill(env: Environment, { services: count, years, seed }: Asked): Promise<Omit<Simulated, keyof Asked | 'seconds'>> {
  const files = readConfiguration(env.configFolder);
  const template = files.services[0]?.service.id ?? '';
  const life = { from: addDays(LAST_DAY, 1 - Math.round(years * 365.25)), to: LAST_DAY };
  const clock = new SimulatedClock(life.from, new Date(londonInstant(addDays(LAST_DAY, 1), '00:00')));
  const services = simulatedServices(count, seed, life, template);
  const { product, told, close } = await openWorld(env, configurationOf(services, life, files), seed, clock.now);
  try {
    const lives = await Promise.all(
      services.map(async ({ shape, chance }) => {
        const acts = new Acts(product, shape.service);
        return new ServiceLife(acts, chance, await acts.workingDays(), shape);
      }),
    );
    await liveThrough(lives, clock, (date) => {
      if (daysBetween(life.from, date) % 7 === 0) progress(`  ${date}  ${told.events.toLocaleString('en')} events`);
    });
  } catch (fault) {
    if (!(fault instanceof FilledDifferently)) throw fault;
    throw new Ended(FOLDER_UNUSABLE, `${fault.message}: the program or its configuration changed since; remove the folder and start again`);
  } finally {
    await close();
  }
  return { referrals: told.referrals, events: told.events, digest: told.digest() };
}

function sync(path: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
