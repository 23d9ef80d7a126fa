import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { runQuietly } from './child.mjs';
import { at, node24, root, say, seconds } from './workspace.mjs';

/**
 * What a change must pass before it is committed, in seconds: types, lint, format, boundaries, tests of what changed.
 * With `--all` the format of every file counts, and the tests are left to `npm test`.
 */
export async function checks(args) {
  const all = args.includes('--all');
  const changed = changedFiles();
  const files = all ? ['apps', 'libs', 'tools', '*.json', '*.cjs', '.swcrc'] : changed;
  const jest = ['jest/bin/jest.js', '--silent', '--passWithNoTests', '--testPathIgnorePatterns', 'apps/e2e/'];
  const steps = [
    ['types', ['typescript7/bin/tsc', '-p', 'tsconfig.json']],
    ['lint', ['oxlint/bin/oxlint', '--type-aware', 'apps', 'libs', 'tools']],
    ...(files.length > 0 ? [['format', ['prettier/bin/prettier.cjs', '--check', '--ignore-unknown', ...files]]] : []),
    ['boundaries', ['jest/bin/jest.js', '--silent', 'tools/boundaries']],
    ...(all ? [] : [['tests of what changed', [...jest, changed.length > 0 ? '--onlyChanged' : '--lastCommit']]]),
  ];
  let failures = 0;
  for (const [name, [script, ...options]] of steps) failures += (await passes(name, script, options)) ? 0 : 1;
  return failures === 0 ? 0 : 1;
}

async function passes(name, script, args) {
  const began = Date.now();
  const { code, output } = await runQuietly(node24(), [at('node_modules', ...script.split('/')), ...args]);
  say(`${code === 0 ? '✓' : '✗'} ${name} (${seconds(began)})`);
  if (code !== 0) say(output);
  return code === 0;
}

/** Files that differ from the last commit; none outside a git checkout. */
function changedFiles() {
  try {
    const listed = git('diff', '--name-only', '-z', 'HEAD') + git('ls-files', '--others', '--exclude-standard', '-z');
    return listed.split('\0').filter((file) => file !== '' && existsSync(at(file)));
  } catch {
    return [];
  }
}

function git(...args) {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
