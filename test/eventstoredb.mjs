// `npm run test:eventstoredb`: everything that is about a log on an EventStoreDB server, on test servers; the contract alone on the node that
// EVENTSTOREDB_URL names, where it names one. Fails also where an adapter was held to fewer promises than the others.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CONTRACT = 'keeps the promises of an event store';
const ADAPTERS = { memory: 'the memory store', sqlite: 'the SQLite store', eventstoredb: 'the store on EventStoreDB' };
const STORES = 'libs/event-store/src/(memory-event-store|sqlite-event-store|log-copy|eventstoredb/)';

const folder = mkdtempSync(join(tmpdir(), 'waymark-eventstoredb-'));
const begun = Date.now();

/** What jest says of itself. */
function jest(projects, files, more = {}) {
  const outputFile = join(folder, 'result.json');
  const words = ['--selectProjects', ...projects, '--json', '--outputFile', outputFile, '--testPathPatterns', ...files];
  rmSync(outputFile, { force: true });
  // The result goes to the file, and what a reader follows to standard error.
  spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', ...words], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...more },
  });
  return JSON.parse(readFileSync(outputFile, 'utf8'));
}

function promisesKept(result, adapter) {
  const tests = result.testResults.flatMap(({ assertionResults }) => assertionResults);
  return tests.filter(({ ancestorTitles, status }) => ancestorTitles[0] === `${adapter} ${CONTRACT}` && status === 'passed').length;
}

const stores = jest(['unit', 'integration'], [STORES]);
const journeys = jest(['eventstoredb'], ['test/journeys'], { WAYMARK_TEST_STORE: 'eventstoredb' });
const servers = jest(['whole'], ['test/journeys/(moving-house|log-server-down)']);
rmSync(folder, { recursive: true });

const kept = Object.entries(ADAPTERS).map(([name, adapter]) => [name, promisesKept(stores, adapter)]);
const where = process.env.EVENTSTOREDB_URL === undefined ? 'test server' : 'the node that EVENTSTOREDB_URL names';
console.log(`contract: ${kept.map(([name, count]) => `${name} ${count}`).join(', ')} (${where})`);
for (const [what, { numPassedTests, numFailedTests }] of Object.entries({ stores, journeys, servers }))
  console.log(`${what}: ${numPassedTests} tests passed, ${numFailedTests} failed`);
console.log(`${Math.round((Date.now() - begun) / 1000)} s`);

const isEqual = kept.every(([, count]) => count > 0 && count === kept[0][1]);
if (!isEqual) console.error('The adapters were not held to the same promises');
process.exitCode = isEqual && [stores, journeys, servers].every(({ success }) => success) ? 0 : 1;
