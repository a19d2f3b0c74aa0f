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
/**
 * unit: beside the code, quick, part of `npm run check`. integration: beside the code, with real threads, files and folders.
 * whole: the built program as its users run it (journeys, crash, conformance, bench examples).
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
  ],
};
