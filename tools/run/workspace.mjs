import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Takes the path of a file from the root of the workspace. */
export const at = (...path) => join(root, ...path);

/** Something the person at the terminal can put right; the message says how. */
export class Refusal extends Error {
  name = 'Refusal';
}

/** Progress goes to stderr, so that the output of a command stays its own. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Says every five seconds that the work still goes on; gives what `work` gives. */
export async function patiently(what, work) {
  const began = Date.now();
  const timer = setInterval(() => say(`  … ${what}, ${seconds(began)}`), 5000);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

export const seconds = (began) => `${((Date.now() - began) / 1000).toFixed(1)} s`;

/**
 * A Node.js 24: the one that runs this, else the one that npm installed with the other packages.
 * Throws a Refusal where there is neither.
 */
export function node24() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const packaged = at(
    'node_modules',
    `node-${platform}-${process.arch}`,
    'bin',
    platform === 'win' ? 'node.exe' : 'node',
  );
  if (existsSync(packaged)) return packaged;
  throw new Refusal(
    `ncr runs on Node.js 24 or newer; this is ${process.versions.node}, and npm has no packaged one for ${platform}-${process.arch}. Please install it.`,
  );
}
