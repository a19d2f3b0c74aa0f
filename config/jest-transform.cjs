'use strict';
// Jest's compiler: TypeScript through swc; packages that ship as ES modules (Nest 12) to CommonJS; everything else untouched.
const fs = require('node:fs');
const path = require('node:path');
const swc = require('@swc/jest');

const target = 'es2022';
const typescript = swc.createTransformer({
  jsc: {
    target,
    keepClassNames: true,
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
});
const esModule = swc.createTransformer({
  swcrc: false,
  jsc: { target, parser: { syntax: 'ecmascript', importAttributes: true } },
  module: { type: 'commonjs', ignoreDynamic: false },
  sourceMaps: false,
});

const moduleFolders = new Map();
function isEsModule(file) {
  if (file.endsWith('.mjs')) return true;
  if (file.endsWith('.cjs')) return false;
  const folder = path.dirname(file);
  if (!moduleFolders.has(folder)) moduleFolders.set(folder, nearestPackageIsModule(folder));
  return moduleFolders.get(folder);
}

function nearestPackageIsModule(folder) {
  for (let at = folder; at !== path.dirname(at); at = path.dirname(at)) {
    const manifest = path.join(at, 'package.json');
    if (fs.existsSync(manifest)) return JSON.parse(fs.readFileSync(manifest, 'utf8')).type === 'module';
  }
  return false;
}

module.exports = {
  canInstrument: typescript.canInstrument,
  getCacheKey(source, file, ...rest) {
    return typescript.getCacheKey(source, file, ...rest) + (isEsModule(file) ? 'm' : 'c') + 'v1';
  },
  process(source, file, options) {
    if (/\.[cm]?ts$/.test(file)) return typescript.process(source, file, options);
    return isEsModule(file) ? esModule.process(source, file, options) : { code: source };
  },
};
