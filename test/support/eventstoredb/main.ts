/** The test server as a program of its own, for benches and for hand use: node test/support/eventstoredb/main.mjs --port 2113 */
import { parseArgs } from 'node:util';
import { startEventStoreServer } from './server';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
  const server = await startEventStoreServer({ port: Number(values.port) });
  process.stdout.write(`${server.url}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.stop('asked'));
}

void main();
