/** Starts the server on a data folder, or says in one line why it cannot. */
import 'reflect-metadata';
import { exitCodeOf, readEnvironment } from '@waymark/doors';
import { start } from './server';

async function main(): Promise<void> {
  const server = await start(readEnvironment(process.env));
  process.stdout.write(`Waymark listens on ${server.address}\n`);
  const end = (): void => void server.close().then(() => process.exit(0));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, end);
  // Started by another program (the demo): it ends with it, however that one ended.
  if (process.channel) process.once('disconnect', end);
}

main().catch((fault: unknown) => {
  const known = exitCodeOf(fault);
  process.stderr.write(
    known ? `${known.message}\n` : `Waymark cannot start: ${fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)}\n`,
  );
  process.exit(known?.code ?? 1);
});
