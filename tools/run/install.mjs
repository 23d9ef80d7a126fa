import { existsSync, readFileSync } from 'node:fs';
import { run } from './child.mjs';
import { at, patiently, Refusal, say, seconds } from './workspace.mjs';

/** Installs the packages of the lock file unless exactly these are installed. */
export async function install() {
  if (isInstalled()) return;
  const began = Date.now();
  say('▸ installing packages (the first time this takes about half a minute) …');
  const code = await patiently('installing packages', npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund']));
  if (code !== 0) throw new Refusal(`npm ci failed (exit code ${code}); its own words are above.`);
  say(`  packages installed in ${seconds(began)}`);
}

/** npm keeps a list of what it installed; platform packages of other platforms are missing there by right. */
function isInstalled() {
  const listed = at('node_modules', '.package-lock.json');
  if (!existsSync(listed)) return false;
  const wanted = packagesOf(at('package-lock.json'));
  const installed = packagesOf(listed);
  return (
    Object.entries(wanted).every(([path, entry]) =>
      installed[path] ? same(entry, installed[path]) : entry.optional,
    ) && Object.keys(installed).every((path) => wanted[path] !== undefined)
  );
}

function packagesOf(file) {
  const { packages } = JSON.parse(readFileSync(file, 'utf8'));
  delete packages['']; // the workspace itself
  return packages;
}

const same = (a, b) => a.version === b.version && a.integrity === b.integrity;

/** The npm that runs this, where one does. */
function npm(args) {
  const own = process.env.npm_execpath;
  if (own?.endsWith('.js')) return run(process.execPath, [own, ...args]);
  return run('npm', args, { shell: process.platform === 'win32' });
}
