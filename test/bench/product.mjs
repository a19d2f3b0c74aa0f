/** The built product, loaded as anybody outside may load it. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

function lib(name) {
  try {
    return require(`../../dist/libs/${name}/src/index.js`);
  } catch (fault) {
    if (fault.code !== 'MODULE_NOT_FOUND') throw fault;
    throw new Error(`dist/libs/${name} cannot be loaded; run: npm run build`, { cause: fault });
  }
}

require('reflect-metadata');
export const kernel = lib('kernel');
export const eventStore = lib('event-store');
export const people = lib('people');
export const projections = lib('projections');
export const readModels = lib('read-models');
export const referral = lib('referral');
export const rules = lib('rules');
export const clinics = lib('clinics');
export const workforce = lib('workforce');
export const doors = lib('doors');

export const Database = require('better-sqlite3');
/** The release that this Node gets: see config/sqlite. */
export const driverVersion = require(`better-sqlite3-${Number(process.versions.napi) >= 10 ? 13 : 12}/package.json`).version;
export const product = require('../../package.json');

export const CONFIG_FOLDER = fileURLToPath(new URL('../../config', import.meta.url));
export const SERVER = fileURLToPath(new URL('../../dist/apps/server/src/main.js', import.meta.url));
