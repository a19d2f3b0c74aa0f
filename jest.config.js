'use strict';
const shared = {
  rootDir: __dirname,
  testEnvironment: 'node',
  setupFiles: ['reflect-metadata'],
  transform: { '\\.[cm]?[jt]s$': '<rootDir>/config/jest-transform.cjs' },
  transformIgnorePatterns: [],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  moduleNameMapper: {
    '^@waymark/([^/]+)/testing$': '<rootDir>/libs/$1/src/testing/index.ts',
    '^@waymark/([^/]+)$': '<rootDir>/libs/$1/src/index.ts',
  },
};
/** Journeys that also run with the log on an EventStoreDB server: these whenever everything runs, */
const ON_EVENTSTOREDB = ['to-discharge', 'cli-to-discharge', 'cli-demo', 'two-services', 'erasure'];
/**
 * and these where WAYMARK_TEST_STORE=eventstoredb asks for all of them, as `npm run test:eventstoredb` does. The others stay out:
 * cli-exit-codes copies data folders with the log in them; cli-moving-logs backs up, restores and cuts the file of the log;
 * cli-simulate and simulated-history are about a command that writes a file; moving-house and log-server-down have servers of their own.
 */
const ALSO_ON_EVENTSTOREDB = [
  ...['http-commands', 'http-lists', 'http-privacy', 'http-refusals', 'http-description', 'http-start-and-end'],
  ...['as-at', 'cli-config', 'cli-intake', 'cli-log', 'read-models', 'years-later'],
];
const journeysOnEventStoreDb =
  process.env.WAYMARK_TEST_STORE === 'eventstoredb' ? [...ON_EVENTSTOREDB, ...ALSO_ON_EVENTSTOREDB] : ON_EVENTSTOREDB;

/**
 * unit: beside the code, quick, part of `npm run check`. integration: beside the code, with real threads, files and folders.
 * whole: the built program as its users run it (journeys, crash, conformance, bench examples). eventstoredb: journeys once more, with the
 * log on a server.
 */
module.exports = {
  maxWorkers: 2,
  // A safety net only: a busy machine is slow, and no test judges by time.
  testTimeout: 90_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{apps,libs}/**/*.spec.ts', '<rootDir>/test/*.spec.ts'],
      testPathIgnorePatterns: ['\\.int\\.spec\\.ts$'],
    },
    { ...shared, displayName: 'integration', testMatch: ['<rootDir>/{apps,libs}/**/*.int.spec.ts'] },
    { ...shared, displayName: 'whole', testMatch: ['<rootDir>/test/{journeys,crash,conformance,bench}/**/*.spec.ts'] },
    {
      ...shared,
      displayName: 'eventstoredb',
      setupFiles: [...shared.setupFiles, '<rootDir>/test/support/on-eventstoredb.cjs'],
      testMatch: journeysOnEventStoreDb.map((name) => `<rootDir>/test/journeys/${name}.spec.ts`),
    },
  ],
};
