import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { runQuietly } from './child.mjs';
import { at, node24, patiently, Refusal, say, seconds } from './workspace.mjs';

const stamp = at('dist', '.built-from');

/** Builds what changed. Nx decides that, too, but takes seconds to start; the stamp takes a few milliseconds. */
export async function build() {
  const sources = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return;
  const began = Date.now();
  say('▸ building …');
  rmSync(stamp, { force: true });
  const nx = at('node_modules', 'nx', 'dist', 'bin', 'nx.js');
  const work = runQuietly(node24(), [nx, 'run-many', '-t', 'build', '--outputStyle=static']);
  const { code, output } = await patiently('building', work);
  if (code !== 0) throw new Refusal(`${output}\nThe build failed.`);
  writeFileSync(stamp, sources);
  say(`  built in ${seconds(began)}`);
}

/** Names, sizes and times of everything that a build reads. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const file of ['.swcrc', 'nx.json', 'package-lock.json', 'tsconfig.base.json']) add(hash, at(file));
  for (const folder of ['apps', 'libs']) walk(hash, at(folder));
  return hash.digest('hex');
}

function walk(hash, folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) walk(hash, path);
    else if (!/\.(?:md|spec\.ts)$/.test(entry.name)) add(hash, path);
  }
}

function add(hash, file) {
  const { size, mtimeMs } = statSync(file);
  hash.update(`${file}\0${size}\0${mtimeMs}\0`);
}
