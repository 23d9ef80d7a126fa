import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Binaries, findBinaries } from './binaries';
import { prepareCluster, serverEnvironment, superuser } from './cluster';
import { PostgresUnavailable } from './errors';
import { Home, readPidFile } from './home';
import { end } from './process';
import { watch } from './watchdog';

export interface PostgresOptions {
  /** Where it keeps everything it has; made when missing. `test`: removed at the end. */
  readonly dataDir: string;
  /** `durable` survives a power cut; `test` does not and is quicker. */
  readonly mode: 'durable' | 'test';
  /** Takes what a person should know: where the data lies, that an earlier run was cleaned up. */
  readonly log?: (line: string) => void;
}

export interface RunningPostgres {
  /** Of the superuser, with the password, on 127.0.0.1. */
  readonly url: string;
  readonly pid: number;
  /** Resolves when the server is gone, asked for or not. */
  readonly exited: Promise<void>;
  /** Breaks open connections off and waits for a clean shutdown. */
  readonly stop: () => Promise<void>;
}

const settings = {
  both: {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '', // nothing to leave behind, nobody to share it with
    max_connections: '100',
    jit: 'off', // costs more than our short statements take
    log_checkpoints: 'off',
    timezone: 'UTC',
  },
  durable: {
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
  },
  test: {
    shared_buffers: '128MB',
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    autovacuum: 'off',
    wal_level: 'minimal',
    max_wal_senders: '0',
  },
} as const;

/**
 * Starts a PostgreSQL of its own as a child process and waits until it takes connections. It needs no installation and
 * no rights; root runs it as `nobody`. It dies with the calling process.
 * Throws `PostgresUnavailable`.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const home = await Home.open(options.dataDir, options.log ?? (() => {}));
  try {
    const binaries = await findBinaries(home.account, home.folder);
    const password = await prepareCluster(home, binaries, options.mode === 'durable');
    const { child, port } = await launch(home, binaries, options.mode);
    return run(home, child, {
      url: `postgresql://${superuser}:${password}@127.0.0.1:${port}/postgres`,
      mode: options.mode,
    });
  } catch (error) {
    await home.leave();
    throw error;
  }
}

function run(home: Home, child: ChildProcess, server: { url: string; mode: PostgresOptions['mode'] }): RunningPostgres {
  const pid = child.pid ?? 0;
  const unwatch = watch(pid, server.mode === 'test' ? home.folder : undefined);
  const exited = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
  return {
    url: server.url,
    pid,
    exited,
    async stop() {
      if (child.exitCode === null && child.signalCode === null && !(await end(pid, 'SIGINT', 30)))
        child.kill('SIGQUIT');
      await exited;
      unwatch();
      await home.leave();
      if (server.mode === 'test') await rm(home.folder, { recursive: true, force: true });
    },
  };
}

/**
 * Tries again with another port when somebody took the first, and while a killed server is not gone for good: its memory
 * is still in use, or nobody has collected the dead process yet (an init process may take seconds), so that its lock file
 * counts. That no living server is behind that file, `Home` has made sure.
 */
async function launch(
  home: Home,
  binaries: Binaries,
  mode: PostgresOptions['mode'],
): Promise<{ child: ChildProcess; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const child = spawnServer(home, binaries, { ...settings.both, ...settings[mode], port: String(port) });
    const failure = await ready(child, home);
    if (failure === undefined) return { child, port };
    if (attempt === 10 || !notYet.test(failure)) {
      throw new PostgresUnavailable(`PostgreSQL did not start: ${failure}`);
    }
    await sleep(300);
  }
}

/** In a process group of its own: a Ctrl-C in the terminal must reach the application first. */
function spawnServer(home: Home, binaries: Binaries, values: Record<string, string>): ChildProcess {
  const flags = Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const output = openSync(home.file('postgres.log'), 'w', 0o600);
  try {
    return spawn(join(binaries.bin, 'postgres'), ['-D', home.data, ...flags], {
      ...home.account,
      cwd: home.folder,
      env: serverEnvironment(),
      detached: true,
      stdio: ['ignore', output, output],
    });
  } finally {
    closeSync(output);
  }
}

const notYet = /could not bind|Address already in use|shared memory block|lock file "postmaster\.pid" already exists/;

/** Undefined when the server takes connections, however long its recovery takes; else what it said before it died. */
async function ready(child: ChildProcess, home: Home): Promise<string | undefined> {
  let died: string | undefined;
  child.once('error', (error) => (died = error.message));
  child.once('exit', () => (died = readFileSync(home.file('postgres.log'), 'utf8').slice(-2000)));
  for (;;) {
    const lines = readPidFile(home.data);
    if (Number(lines[0]) === child.pid && lines[7]?.startsWith('ready')) return undefined;
    if (died !== undefined) return died;
    await sleep(10);
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new PostgresUnavailable('no free port on 127.0.0.1');
  return address.port;
}
