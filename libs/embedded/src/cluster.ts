import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Account } from './account';
import { Binaries } from './binaries';
import { PostgresUnavailable } from './errors';
import { Home } from './home';

/** The name of the superuser, which is also the only user. */
export const superuser = 'ncr';

/**
 * Makes the cluster unless it is there, and gives the superuser's password. A killed initdb leaves no half cluster:
 * the finished one gets its name by a rename, after the password is kept.
 */
export async function prepareCluster(home: Home, binaries: Binaries, durable: boolean): Promise<string> {
  const passwordFile = home.file('password');
  if (existsSync(home.data)) {
    await requireVersion(home, binaries);
    return readFile(passwordFile, 'utf8');
  }
  const password = randomBytes(24).toString('base64url');
  await writeFile(passwordFile, password, { mode: 0o600, flush: true });
  const half = `${home.data}.new`;
  const forInitdb = `${half}.password`;
  await rm(half, { recursive: true, force: true });
  await give(mkdir(half, { mode: 0o700 }), half, home.account);
  await give(writeFile(forInitdb, password, { mode: 0o600 }), forInitdb, home.account);
  try {
    await initdb(home, binaries, ['-D', half, `--pwfile=${forInitdb}`, ...(durable ? [] : ['--no-sync'])]);
  } finally {
    await rm(forInitdb, { force: true });
  }
  await rename(half, home.data);
  return password;
}

async function give(made: Promise<unknown>, path: string, account: Account | undefined): Promise<void> {
  await made;
  if (account) await chown(path, account.uid, account.gid);
}

async function requireVersion(home: Home, binaries: Binaries): Promise<void> {
  const version = Number(await readFile(join(home.data, 'PG_VERSION'), 'utf8'));
  if (version === binaries.version) return;
  throw new PostgresUnavailable(
    `the database in ${home.folder} was made by PostgreSQL ${version}, but ${binaries.bin} holds ${binaries.version}; ` +
      `set PG_BIN to the programs of PostgreSQL ${version}`,
  );
}

/** The locale is built in where it can be (17 and newer): the same order on every machine. */
function initdb(home: Home, binaries: Binaries, more: string[]): Promise<void> {
  const locale = binaries.version >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : [];
  const flags = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--data-checksums', ...locale, ...more];
  const child = spawn(join(binaries.bin, 'initdb'), ['-U', superuser, ...flags], {
    ...home.account,
    cwd: home.folder,
    env: serverEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new PostgresUnavailable(`initdb failed (${code}): ${complaint.trim()}`));
    });
  });
}

/** The caller's environment without what would change the server's behaviour or language. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:PG|LC_|LANG|NCR_)/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}
