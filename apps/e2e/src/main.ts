import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { conformance } from './conformance';
import { workspace } from './workspace';

/** What can be chosen, and the test files (`<word>….e2e.ts`) that it stands for. */
const selections: Readonly<Record<string, readonly string[]>> = {
  clients: ['clients'],
  durability: ['durability'],
  memory: ['memory'],
  abuse: ['abuse'],
  conformance: [],
};
const everything = Object.keys(selections);
/** Words for several of them; `ci` leaves nothing out, and what cannot be had there says so. */
const groups: Readonly<Record<string, readonly string[]>> = { all: everything, ci: everything };
/** SIGKILLs of the suite in `ci`, where the durability tests take samples; everything takes three quarters of an hour. */
const killsInCi = '15';

/** Arguments are selections, then what Jest takes: `npm run e2e -- clients -t docker`. */
async function main(args: readonly string[]): Promise<number> {
  const option = args.findIndex((arg) => arg.startsWith('-'));
  const named = option < 0 ? args : args.slice(0, option);
  const forJest = option < 0 ? [] : args.slice(option);
  if (named.includes('ci')) process.env.NCR_E2E_KILLS ||= killsInCi;
  const chosen = new Set((named.length > 0 ? named : ['all']).flatMap((word) => groups[word] ?? [word]));
  const unknown = [...chosen].filter((word) => selections[word] === undefined);
  if (unknown.length > 0) {
    console.error(
      `unknown selection: ${unknown.join(', ')}; there are ${[...everything, ...Object.keys(groups)].join(', ')}`,
    );
    return 64;
  }
  const files = [...chosen].flatMap((word) => selections[word] ?? []);
  const failures = [
    files.length > 0 && (await jest(files, forJest)) !== 0,
    chosen.has('conformance') && (await conformance()) !== 0,
  ];
  return failures.includes(true) ? 1 : 0;
}

async function jest(files: readonly string[], args: readonly string[]): Promise<number> {
  const program = join(workspace, 'node_modules/jest/bin/jest.js');
  const config = join(workspace, 'apps/e2e/jest.config.cjs');
  const pattern = `/e2e/src/(?:${files.join('|')})[^/]*(?:/[^/]+)?\\.e2e\\.ts$`;
  const child = spawn(process.execPath, [program, '-c', config, '--testPathPatterns', pattern, ...args], {
    cwd: workspace,
    env: { ...process.env, NODE_ENV: 'test' },
    stdio: 'inherit',
  });
  const handOn = (signal: NodeJS.Signals): boolean => child.kill(signal);
  process.on('SIGINT', handOn).on('SIGTERM', handOn);
  const [code] = (await once(child, 'close')) as [number | null];
  process.off('SIGINT', handOn).off('SIGTERM', handOn);
  return code ?? 1;
}

void main(process.argv.slice(2)).then((code) => process.exit(code));
