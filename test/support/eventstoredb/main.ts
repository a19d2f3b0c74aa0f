/**
 * The test server as a program of its own, for benches and for hand use: node test/support/eventstoredb/main.mjs --port 2113
 * Its records are in memory, or in the file that `--records` names, where the next process finds them.
 */
import { parseArgs } from 'node:util';
import { KeptRecords } from './kept-records';
import { startEventStoreServer } from './server';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' }, records: { type: 'string' } } });
  const records = values.records === undefined ? {} : { records: new KeptRecords(values.records) };
  const server = await startEventStoreServer({ port: Number(values.port), ...records });
  process.stdout.write(`${server.url}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.stop('asked'));
}

void main();
