/** Starts the server on a data folder, or says in one line why it cannot. */
import 'reflect-metadata';
import { exitCodeOf, readEnvironment } from '@waymark/doors';
import { start } from './server';

async function main(): Promise<void> {
  const server = await start(readEnvironment(process.env));
  process.stdout.write(`Waymark listens on ${server.address}\n`);
  const end = () => void server.close().then(() => process.exit(0), failed('Waymark did not end as it should'));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, end);
  // Started by another program (the demo): it ends with it, however that one ended.
  if (process.channel) process.once('disconnect', end);
}

function failed(what: string): (fault: unknown) => never {
  return (fault) => {
    const known = exitCodeOf(fault);
    const told = known?.message ?? `${what}: ${fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)}`;
    process.stderr.write(`${told}\n`);
    process.exit(known?.code ?? 1);
  };
}

main().catch(failed('Waymark cannot start'));
