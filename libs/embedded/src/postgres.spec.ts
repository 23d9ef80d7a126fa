import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { RunningPostgres, startPostgres } from './postgres';
import { startOf } from './process';

const root = process.getuid?.() === 0;
let base: string;
let running: RunningPostgres[];

beforeEach(() => {
  base = mkdtempSync(join(root ? '/var/tmp' : tmpdir(), 'ncr-embedded-'));
  if (root) chmodSync(base, 0o711);
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((postgres) => postgres.stop()));
  rmSync(base, { recursive: true, force: true });
});

async function start(log?: (line: string) => void, mode: 'durable' | 'test' = 'durable'): Promise<RunningPostgres> {
  const postgres = await startPostgres({ dataDir: join(base, 'pg'), mode, log });
  running.push(postgres);
  return postgres;
}

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  client.on('error', () => {});
  try {
    const [row] = (await client.query<Record<string, unknown>>(sql)).rows;
    return row && Object.values(row)[0];
  } finally {
    await client.end();
  }
}

test('what was written is there after a stop and a start', async () => {
  const first = await start();
  await ask(first.url, 'CREATE TABLE thing AS SELECT 42 AS answer');
  await first.stop();
  const second = await start();
  expect(await ask(second.url, 'SELECT answer FROM thing')).toBe(42);
});

test('the durable mode is durable, sorts by code point and speaks UTF-8', async () => {
  const { url } = await start();
  expect(await ask(url, 'SHOW fsync')).toBe('on');
  expect(await ask(url, 'SHOW synchronous_commit')).toBe('on');
  expect(await ask(url, 'SHOW full_page_writes')).toBe('on');
  expect(await ask(url, "SELECT upper('ä') || ('a' < 'B')::text")).toBe('Äfalse');
});

test('only the generated password lets in, and only its owner reads it', async () => {
  const { url } = await start();
  const wrong = new URL(url);
  wrong.password = 'wrong';
  await expect(ask(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
  expect(statSync(join(base, 'pg/password')).mode & 0o777).toBe(0o600);
  expect(statSync(join(base, 'pg/data')).mode & 0o777).toBe(0o700);
});

test('a second owner of the same folder is refused with the first one named', async () => {
  await start();
  await expect(start()).rejects.toThrow(`in use by process ${process.pid}`);
});

test('a killed server comes back with what was committed', async () => {
  const first = await start();
  await ask(first.url, 'CREATE TABLE thing AS SELECT 42 AS answer');
  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  await first.stop();
  const second = await start();
  expect(await ask(second.url, 'SELECT answer FROM thing')).toBe(42);
});

test('a server whose owner is gone is found and stopped by the next start', async () => {
  const orphan = await start();
  writeFileSync(join(base, 'pg/owner'), '4194303 1');
  const lines: string[] = [];
  await start((line) => lines.push(line));
  expect(lines).toEqual([expect.stringContaining(`process ${orphan.pid}`)]);
  expect(startOf(orphan.pid)).toBeUndefined();
});

const script = `
const { transformFileSync } = require('@swc/core');
require.extensions['.ts'] = (module, file) =>
  module._compile(transformFileSync(file, { swcrc: false, jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'commonjs' } }).code, file);
require(${JSON.stringify(join(__dirname, 'postgres.ts'))})
  .startPostgres({ dataDir: process.argv[1], mode: 'test' })
  .then(({ pid }) => console.log(pid));
`;

test('when the owner is killed the server stops, and in test mode its folder goes, too', async () => {
  const owner = spawn(process.execPath, ['-e', script, join(base, 'pg')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  const server = Number(line.toString());
  expect(startOf(server)).toBeDefined();
  owner.kill('SIGKILL');
  for (let i = 0; i < 500 && (startOf(server) !== undefined || existsSync(join(base, 'pg'))); i++) await sleep(20);
  expect(startOf(server)).toBeUndefined();
  expect(readdirSync(base)).toEqual([]);
});

const asRoot = root ? test : test.skip;

asRoot("root's data moves out of a folder that others cannot enter (needs root)", async () => {
  chmodSync(base, 0o700);
  const lines: string[] = [];
  const { url, stop } = await start((line) => lines.push(line));
  const moved = realpathSync(join(base, 'pg'));
  try {
    expect(lines).toEqual([`PostgreSQL keeps its data in ${moved}`]);
    expect(lstatSync(join(base, 'pg')).isSymbolicLink()).toBe(true);
    expect(await ask(url, 'SELECT 1')).toBe(1);
  } finally {
    await stop();
    rmSync(moved, { recursive: true });
  }
});
