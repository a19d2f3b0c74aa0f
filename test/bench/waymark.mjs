/** The whole product on a data folder, in this process, wired as the server wires it. */
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { CONFIG_FOLDER, doors, eventStore, people, projections } from './product.mjs';

const { NestFactory } = createRequire(import.meta.url)('@nestjs/core');

export const SERVICE = 'northbank';
export const MASTER_KEY = randomBytes(32).toString('base64');

/** Whoever looks is recorded before a page is answered, so that is measured with it. */
export const VIEWER = { otherwise: 'system', route: 'bench', correlationId: 'bench' };

/** `get` finds anything that the product registers by its class. */
export async function openWaymark(folder) {
  const environment = doors.readEnvironment(environmentOf(folder));
  const app = await NestFactory.createApplicationContext(doors.WaymarkModule.open({ environment, role: 'server' }), { logger: false });
  const get = (token) => app.get(token, { strict: false });
  return {
    get,
    store: get(eventStore.EVENT_STORE),
    readSide: get(projections.ReadSide),
    close: () => app.close(),
  };
}

export function environmentOf(folder) {
  return { WAYMARK_DATA: folder, WAYMARK_CONFIG: CONFIG_FOLDER, WAYMARK_MASTER_KEY: MASTER_KEY, WAYMARK_LOG_LEVEL: 'silent', PORT: '0' };
}

export function peopleIn(folder) {
  return people.People.open({ folder, masterKey: MASTER_KEY });
}

/** Until the read models hold all that is in the log. */
export async function caughtUp({ store, readSide }) {
  const head = await store.head();
  while (!(await readSide.waitFor(head, 10_000)));
}
