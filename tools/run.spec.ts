import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const child = JSON.stringify(join(__dirname, 'run/child.mjs'));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ncr-run-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const note = (name: string): string => join(folder, name);

/** A runner that runs `program`, a script for sh, as `npm start` runs the suite. */
function runner(program: string): string[] {
  const text = `import { run } from ${child}; process.exitCode = await run('/bin/sh', ['-c', ${JSON.stringify(program)}]);`;
  return ['--input-type=module', '-e', text];
}

const start = (program: string): ChildProcess => spawn(process.execPath, runner(program), { stdio: 'ignore' });

async function written(name: string): Promise<string> {
  for (let i = 0; i < 500 && !(existsSync(note(name)) && readFileSync(note(name), 'utf8').endsWith('\n')); i++)
    await sleep(20);
  return readFileSync(note(name), 'utf8').trim();
}

async function isGone(pid: number): Promise<boolean> {
  for (let i = 0; i < 300; i++) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await sleep(20);
  }
  return false;
}

/** Writes its id, and the signal it was stopped with; leaves a grandchild behind. */
const suite = (): string =>
  `sleep 1000 & echo $! > ${note('grandchild')}; ` +
  `trap 'echo INT > ${note('signal')}; exit 7' INT; trap 'echo TERM > ${note('signal')}; exit 8' TERM; ` +
  `echo $$ > ${note('suite')}; while :; do sleep 0.05; done`;

test('the exit code is passed on, and so is death by a signal', async () => {
  expect(await once(start('exit 3'), 'exit')).toEqual([3, null]);
  expect(await once(start('kill -9 $$'), 'exit')).toEqual([137, null]);
});

test.each([
  ['SIGINT', 'INT', 7],
  ['SIGTERM', 'TERM', 8],
  ['SIGHUP', 'TERM', 8],
] as const)('%s reaches the suite, which ends in its own way, and nothing is left', async (signal, noted, code) => {
  const process = start(suite());
  const pid = Number(await written('suite'));
  process.kill(signal);
  expect(await once(process, 'exit')).toEqual([code, null]);
  expect(await written('signal')).toBe(noted);
  expect(await isGone(pid)).toBe(true);
  expect(await isGone(Number(await written('grandchild')))).toBe(true);
});

test('when npm is killed the suite stops, and nothing is left', async () => {
  const npm = spawn('/bin/sh', ['-c', '"$@"; true', 'npm', process.execPath, ...runner(suite())], { stdio: 'ignore' });
  const pid = Number(await written('suite'));
  npm.kill('SIGKILL');
  expect(await written('signal')).toBe('TERM');
  expect(await isGone(pid)).toBe(true);
  expect(await isGone(Number(await written('grandchild')))).toBe(true);
});

test('an unknown command is answered with the known ones', async () => {
  const wrong = spawn(process.execPath, [join(__dirname, 'run.mjs'), 'fly'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [text] = (await once(wrong.stderr, 'data')) as [Buffer];
  expect(text.toString()).toContain('start|test|check|dev|e2e|bench');
  expect(await once(wrong, 'exit')).toEqual([64, null]);
});
