// Runs a built program, or says that it has not been built.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const [program, ...rest] = process.argv.slice(2);
if (existsSync(program)) {
  process.exitCode = spawnSync(process.execPath, [program, ...rest], { stdio: 'inherit' }).status ?? 1;
} else {
  console.error('Waymark is not built yet: run npm run build');
  process.exitCode = 2;
}
