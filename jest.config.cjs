const { readFileSync, readdirSync, existsSync } = require('node:fs');
const { join } = require('node:path');

/** Names of the installed packages that are ES modules: Jest must rewrite these, a list kept by hand rots. */
function esModules(dir = join(__dirname, 'node_modules'), scope = '') {
  return readdirSync(dir).flatMap((name) => {
    if (name.startsWith('.')) return [];
    if (name.startsWith('@')) return esModules(join(dir, name), `${name}/`);
    const manifest = join(dir, name, 'package.json');
    if (!existsSync(manifest)) return [];
    return JSON.parse(readFileSync(manifest, 'utf8')).type === 'module' ? [scope + name] : [];
  });
}

const swcrc = JSON.parse(readFileSync(join(__dirname, '.swcrc'), 'utf8'));
const escape = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** @type {import('jest').Config} */
module.exports = {
  rootDir: __dirname,
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/tools'],
  testMatch: ['**/*.spec.ts'],
  testEnvironment: 'node',
  setupFiles: ['reflect-metadata'],
  globalSetup: '<rootDir>/tools/jest/setup.ts',
  globalTeardown: '<rootDir>/tools/jest/teardown.ts',
  testTimeout: 20_000,
  reporters: ['default', '<rootDir>/tools/jest/skipped.cjs', '<rootDir>/apps/e2e/run-folder.cjs'],
  maxWorkers: 2,
  moduleNameMapper: Object.fromEntries(
    Object.entries(swcrc.jsc.paths).map(([alias, [file]]) => [`^${escape(alias)}$`, `<rootDir>/${file}`]),
  ),
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        jsc: { ...swcrc.jsc, baseUrl: undefined, paths: undefined },
        module: { type: 'commonjs' },
      },
    ],
    '^.+\\.m?js$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        jsc: { target: 'es2023', parser: { syntax: 'ecmascript' } },
        module: { type: 'commonjs' },
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:.*/node_modules/)?(?:${esModules().map(escape).join('|')})/)`],
};
