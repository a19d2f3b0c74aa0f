// Starts main.ts: Node 20 runs no TypeScript, so each file is compiled when it is required.
import Module, { createRequire } from 'node:module';
import swc from '@swc/core';

const options = { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } };

Module._extensions['.ts'] = (module, file) => module._compile(swc.transformFileSync(file, options).code, file);
createRequire(import.meta.url)('./main.ts');
