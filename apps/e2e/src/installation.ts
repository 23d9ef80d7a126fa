import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isGone, processTree } from './process-tree';
import { workspace } from './workspace';

/** Milliseconds that a start may take on a busy machine; the first one makes a database. */
const patience = 90_000;
const program = join(workspace, 'dist/apps/all-in-one/src/main.js');

/**
 * The all-in-one as a child process with data, port and log of its own. Nothing of the caller's NCR_* environment
 * reaches it but what is given.
 */
export class Installation {
  private child: ChildProcess | undefined;
  private readonly folder: string;
  readonly data: string;
  readonly logFile: string;
  private readonly removeAtExit = (): void => this.remove();

  private constructor(
    readonly port: number,
    private readonly settings: Readonly<Record<string, string>>,
  ) {
    const { NCR_E2E_FOLDER: base = process.getuid?.() === 0 ? '/var/tmp' : tmpdir() } = process.env;
    this.folder = mkdtempSync(join(base, 'ncr-e2e-'));
    this.data = join(this.folder, 'data');
    mkdirSync(this.data);
    // Root's PostgreSQL runs as another user, who must be able to enter.
    for (const folder of [this.folder, this.data]) chmodSync(folder, 0o711);
    this.logFile = logFile() ?? join(this.folder, 'log');
    process.once('exit', this.removeAtExit);
  }

  /** Made, not started. */
  static async make(settings: Readonly<Record<string, string>>): Promise<Installation> {
    return new Installation(await freePort(), settings);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Ids of all its processes, PostgreSQL's among them; the supervisor's first. */
  get processes(): number[] {
    return this.child?.pid !== undefined && isAlive(this.child) ? processTree(this.child.pid) : [];
  }

  /** Everything logged since it was made. */
  get log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  /** The first account's password where none was given. */
  get madeUpPassword(): string {
    return readFileSync(join(this.data, 'keys/admin-password'), 'utf8').trim();
  }

  /** Gives the milliseconds until it said that it is ready. Throws with the end of its log. */
  async start(): Promise<number> {
    const began = performance.now();
    const log = openSync(this.logFile, 'a');
    this.child = spawn(process.execPath, ['--enable-source-maps', program], {
      env: { ...inherited(), ...given(this.settings), NCR_PORT: String(this.port), NCR_DATA: this.data },
      cwd: this.folder,
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    // A test that forgets its suite must not keep the run from ending; the suite notices and ends, too.
    this.child.unref();
    while (!(await this.isReady())) {
      if (!isAlive(this.child)) throw new Error(`the suite ended before it was ready\n${this.log.slice(-8000)}`);
      if (performance.now() - began > patience) {
        await this.kill();
        throw new Error(`the suite was not ready after ${patience / 1000} s\n${this.log.slice(-8000)}`);
      }
      await sleep(50);
    }
    return performance.now() - began;
  }

  /** Asks it to end and waits until it has. */
  async end(): Promise<void> {
    if (!this.child || !isAlive(this.child)) return;
    const gone = once(this.child, 'exit');
    this.child.ref();
    this.child.kill('SIGTERM');
    const inTime = await Promise.race([gone.then(() => true), sleep(45_000, false, { ref: false })]);
    if (!inTime) await this.kill();
  }

  /** SIGKILL to all its processes at once; resolves when none of them is left. */
  async kill(): Promise<void> {
    const processes = this.killTree();
    while (!processes.every(isGone) || (this.child && isAlive(this.child))) await sleep(5);
  }

  /** Removes everything it kept on disk but a log that belongs to the test run. */
  remove(): void {
    this.killTree();
    process.off('exit', this.removeAtExit);
    const database = join(this.data, 'pg');
    if (lstatSync(database, { throwIfNoEntry: false })?.isSymbolicLink()) {
      rmSync(realpathSync(database), { recursive: true, force: true });
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }

  private killTree(): number[] {
    const { processes } = this;
    for (const pid of processes) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // it ended in between
      }
    }
    return processes;
  }

  private async isReady(): Promise<boolean> {
    return fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(5000) }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status === 200;
      },
      () => false,
    );
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** Where a test run wants the log, so that it can show it when the file's tests fail. */
function logFile(): string | undefined {
  const folder = process.env.NCR_E2E_FOLDER;
  const test = typeof expect === 'undefined' ? undefined : expect.getState().testPath;
  return folder && test ? join(folder, `${basename(test)}.log`) : undefined;
}

function inherited(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:NCR_|NODE_OPTIONS$)/.test(name));
  return Object.fromEntries(kept);
}

/** An empty setting is one that was not given. */
function given(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== ''));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
