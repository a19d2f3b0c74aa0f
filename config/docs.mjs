// Writes docs/generated from the code; test/generated-docs.spec.ts holds it fresh.
import { spawnSync } from 'node:child_process';

const { status } = spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', 'test/generated-docs', '--selectProjects', 'unit'], {
  stdio: 'inherit',
  env: { ...process.env, WAYMARK_WRITE_DOCS: '1' },
});
process.exitCode = status ?? 1;
