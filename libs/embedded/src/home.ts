import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, realpathSync } from 'node:fs';
import { chmod, mkdir, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Account, canEnter, serverAccount } from './account';
import { PostgresUnavailable } from './errors';
import { buried, commandOf, end, startOf } from './process';

const shared = '/var/lib/ncr';

/**
 * The folder of one PostgreSQL: `data` (the cluster), `password`, `postgres.log`, `owner` while it runs, and a copy of
 * the programs where the account cannot run them in place. One process owns it at a time.
 */
export class Home {
  private constructor(
    readonly folder: string,
    readonly account: Account | undefined,
  ) {}

  /**
   * Makes the folder, claims it and stops what a killed owner left running. A folder that the account cannot enter
   * (root, and a checkout in a closed home) becomes a link to one under /var/lib/ncr.
   * Throws `PostgresUnavailable` when a living process owns it.
   */
  static async open(dataDir: string, log: (line: string) => void): Promise<Home> {
    const path = resolve(dataDir);
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() && !existsSync(path)) {
      throw new PostgresUnavailable(
        `${path} is a link to a folder that is gone; remove it to begin with an empty database`,
      );
    }
    await mkdir(path, { recursive: true, mode: 0o700 });
    const account = serverAccount(join(path, 'data'));
    if (account) await chmod(path, 0o711);
    if (account && !canEnter(account, path)) await moveToShared(path);
    const home = new Home(realpathSync(path), account);
    if (home.folder !== path) log(`PostgreSQL keeps its data in ${home.folder}`);
    await home.claim();
    await home.stopOrphan(log);
    return home;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** Gives the folder free for the next owner. */
  async leave(): Promise<void> {
    await rm(this.file('owner'), { force: true });
  }

  private async claim(): Promise<void> {
    const self = `${process.pid} ${startOf(process.pid)}`;
    try {
      await writeFile(this.file('owner'), self, { flag: 'wx', mode: 0o600 });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const [pid = '', ...start] = readFileSync(this.file('owner'), 'utf8').split(' ');
    if (start.length > 0 && startOf(Number(pid)) === start.join(' ')) {
      throw new PostgresUnavailable(`${this.folder} is in use by process ${pid}; choose another NCR_DATA or stop it`);
    }
    await rm(this.file('owner'), { force: true });
    await this.claim();
  }

  private async stopOrphan(log: (line: string) => void): Promise<void> {
    const pid = Number(readPidFile(this.data)[0]);
    if (!(pid > 1)) return;
    if (commandOf(pid)?.includes(this.data)) {
      log(`stopping the PostgreSQL (process ${pid}) that an earlier run left behind`);
      if (!(await end(pid, 'SIGINT', 20)) && !(await end(pid, 'SIGQUIT', 10))) {
        throw new PostgresUnavailable(`the PostgreSQL of an earlier run (process ${pid}) does not stop`);
      }
    }
    await buried(pid, 10);
  }
}

/** Lines of postmaster.pid: the process id first, the state in the eighth. Empty when there is none. */
export function readPidFile(data: string): string[] {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}

async function moveToShared(path: string): Promise<void> {
  const target = join(shared, randomBytes(8).toString('hex'));
  await rmdir(path).catch((cause: unknown) => {
    throw new PostgresUnavailable(`${path} holds data, but PostgreSQL's account may not enter it`, { cause });
  });
  await mkdir(target, { recursive: true });
  await chmod(shared, 0o755);
  await chmod(target, 0o711);
  await symlink(target, path);
}
