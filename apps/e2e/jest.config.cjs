const base = require('../../jest.config.cjs');

/**
 * The slow end-to-end tests, one file at a time: each has the machine to itself.
 * @type {import('jest').Config}
 */
module.exports = {
  ...base,
  roots: ['<rootDir>/apps/e2e/src'],
  testMatch: ['**/*.e2e.ts'],
  testTimeout: 600_000,
  maxWorkers: 1,
};
