'use strict';
// Who may import whom: the arrows of the house. test/architecture.spec.ts holds the tree to them.
const pureLibs = 'kernel|people|referral|rules|clinics|workforce|read-models|fhir|problems';
const sources = '^(apps|libs)/.*(?<!\\.spec)\\.ts$';

/** Files of a lib that are allowed to touch the outside: wiring, processes of several streams, files and databases. */
const outside = '(\\.module|\\.process|\\.queries)\\.ts$';
const fileKeepers =
  '^libs/(people/src/(keys|master-key|kept-keys|rotation|identity-index|log-mark|people|turn-commit|key-file)|rules/src/(files|configuration))\\.ts$';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: sources },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'libs-never-import-apps', severity: 'error', from: { path: '^libs/' }, to: { path: '^apps/' } },
    {
      name: 'apps-never-import-each-other',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'through-the-front-door',
      comment: 'Another lib is reached by its index.ts, from tests also by its testing/index.ts.',
      severity: 'error',
      from: { path: '^(apps/[^/]+|libs/[^/]+)/' },
      to: { path: '^libs/', pathNot: ['^$1/', '^libs/[^/]+/src/index\\.ts$', '^libs/[^/]+/src/testing/index\\.ts$'] },
    },
    {
      name: 'testing-only-from-tests',
      severity: 'error',
      from: { path: sources, pathNot: '/testing/' },
      to: { path: '^libs/[^/]+/src/testing/' },
    },
    { name: 'kernel-imports-no-lib', severity: 'error', from: { path: '^libs/kernel/' }, to: { path: '^libs/', pathNot: '^libs/kernel/' } },
    {
      name: 'event-store-imports-kernel-only',
      severity: 'error',
      from: { path: '^libs/event-store/' },
      to: { path: '^libs/', pathNot: '^libs/(event-store|kernel)/' },
    },
    {
      name: 'projections-import-event-store-and-kernel-only',
      severity: 'error',
      from: { path: '^libs/projections/' },
      to: { path: '^libs/', pathNot: '^libs/(projections|event-store|kernel)/' },
    },
    {
      name: 'the-core-knows-no-framework-and-no-store',
      comment: 'Only modules, processes and file keepers may know Nest, a store, a database or a file.',
      severity: 'error',
      from: { path: `^libs/(${pureLibs})/src/.*(?<!\\.spec)\\.ts$`, pathNot: [outside, fileKeepers, '/testing/', '/index\\.ts$'] },
      to: {
        path: '(^|/)node_modules/(@nestjs|better-sqlite3|express)|^config/sqlite/|^libs/doors/|^(fs|node:fs|fs/promises|http|net|worker_threads)$',
      },
    },
    {
      name: 'the-core-appends-nothing',
      severity: 'error',
      from: {
        path: '^libs/(people|referral|rules|clinics|workforce)/src/.*(?<!\\.spec)\\.ts$',
        pathNot: [outside, fileKeepers, '/testing/', '/index\\.ts$'],
      },
      to: { path: '^libs/(event-store|projections|read-models)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'fhir-and-problems-reach-no-store',
      severity: 'error',
      from: { path: '^libs/(fhir|problems)/' },
      to: { path: '^libs/(event-store|projections|people|doors|read-models)/' },
    },
    {
      name: 'the-audit-of-views-knows-no-domain',
      severity: 'error',
      from: { path: '^libs/access/' },
      to: { path: '^libs/', pathNot: '^libs/(access|kernel|projections)/' },
    },
    {
      name: 'only-apps-know-the-doors',
      severity: 'error',
      from: { path: '^libs/', pathNot: '^libs/doors/' },
      to: { path: '^libs/doors/' },
    },
    {
      name: 'one-client-one-file',
      comment: 'The database driver is known to those who keep a file, and to nobody else.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['^libs/(event-store|projections|people|access)/', '^apps/bench/'] },
      to: { path: '(^|/)(node_modules/better-sqlite3|config/sqlite)' },
    },
    {
      name: 'the-client-of-the-log-server-in-one-file',
      comment: 'Its successor is then a change of one file (ADR 32).',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '^libs/event-store/src/eventstoredb/connection\\.ts$' },
      to: { path: '(^|/)node_modules/(@eventstore|@grpc)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.spec\\.ts$' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'default'] },
  },
};
