'use strict';
// Lets a child process or a worker thread of a test run our TypeScript from source: `node -r <this file> program.ts`.
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { transformSync } = require('@swc/core');

const root = path.resolve(__dirname, '../../../..');
const options = {
  jsc: {
    target: 'es2022',
    keepClassNames: true,
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
};

require.extensions['.ts'] = (module, file) => {
  module._compile(transformSync(fs.readFileSync(file, 'utf8'), { ...options, filename: file }).code, file);
};

const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  const ours = /^@waymark\/([^/]+)(\/testing)?$/.exec(request);
  return resolve.call(this, ours ? path.join(root, 'libs', ours[1], 'src', ours[2] ?? '', 'index.ts') : request, ...rest);
};
