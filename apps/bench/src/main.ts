import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { cases } from './cases';
import { Comparison } from './comparison';
import type { Contender } from './contenders/contender';
import { distribution, findDistribution } from './contenders/distribution';
import { ncr } from './contenders/ncr';
import { zot } from './contenders/zot';
import { describeMachine, touchMemory } from './machine';
import { type Options, readOptions, usage, UsageError } from './options';
import { markdown } from './report';
import type { Result } from './result';

/** This file lies in `dist/apps/bench/src` of the checkout. */
const root = resolve(__dirname, '../../../..');

function say(line: string): void {
  console.error(line);
}

/** Finds the contenders that were named, all that there are when none was. One that was not named may be missing. */
function contenders(options: Options): Contender[] {
  const program = process.env['NCR_BENCH_ZOT'];
  const zotProgram = (): string => {
    if (!program) throw new Error('NCR_BENCH_ZOT does not name the program of zot');
    return program;
  };
  const known: Record<string, () => Contender> = {
    ncr: () => ncr(root, options.set),
    distribution: () => distribution(findDistribution(root)),
    zot: () => zot(zotProgram()),
    'zot-commit': () => zot(zotProgram(), true),
  };
  const names = options.contenders ?? ['ncr', 'distribution', ...(program ? ['zot'] : [])];
  return names.map((name) => {
    const make = known[name];
    if (!make) throw new UsageError(`there is no contender "${name}"; there are ${Object.keys(known).join(', ')}`);
    return make();
  });
}

/** Writes the JSON and the Markdown file, and gives their common path without the ending. */
function save(result: Result, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `bench-${result.date.replaceAll(/[:.]/g, '-')}`);
  writeFileSync(`${path}.json`, `${JSON.stringify(result, null, 1)}\n`);
  writeFileSync(`${path}.md`, `${markdown(result)}\n`);
  return path;
}

async function main(): Promise<number> {
  if (process.platform !== 'linux')
    throw new Error('the benchmark reads processor time and memory from /proc: it needs Linux');
  const options = readOptions(process.argv.slice(2));
  const { rounds, seconds, tags } = options;
  const selected = cases(tags).filter(({ name }) => options.only.test(name));
  if (selected.length === 0) throw new UsageError(`no case matches --only ${options.only.source}`);
  const machine = describeMachine(root);
  const taking = contenders(options);
  const folder = mkdtempSync(join(tmpdir(), 'ncr-bench-'));
  chmodSync(folder, 0o711); // started by root, PostgreSQL runs as another account and must reach its data
  const comparison = new Comparison(taking, { cases: selected, rounds, seconds, tags, progress: say }, folder);
  const clear = async (): Promise<void> => {
    await comparison.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void clear().finally(() => process.exit(130)));
  try {
    say(`touching ${options.touch} GiB of memory`);
    await touchMemory(options.touch);
    const result = { date: new Date().toISOString(), machine, rounds, seconds, ...(await comparison.run()) };
    console.log(markdown(result));
    say(`\nwritten: ${save(result, options.out ?? join(root, 'bench-results'))}.{json,md}`);
    const wrong = result.cases.some((one) => Object.values(one.contenders).some(({ errors }) => errors > 0));
    return wrong ? 1 : 0;
  } finally {
    await clear();
  }
}

async function run(): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    say(
      error instanceof UsageError
        ? `${error.message}\n\n${usage}`
        : error instanceof Error
          ? error.message
          : String(error),
    );
    process.exitCode = error instanceof UsageError ? 64 : 1;
  }
}

void run();
