import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ProcessTree } from '../process-tree';

/** How to start a registry program. */
export interface Launch {
  command: string;
  args: string[];
  /** Added to the environment, from which every `NCR_*` of the caller is taken away. */
  env?: Record<string, string>;
  /** Holds the data and the program's output. */
  folder: string;
  port: number;
}

const startLimit = 60_000;
const stopLimit = 30_000;

/** A port of the loopback interface that nobody listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** A registry program running as a child process. */
export class Server {
  /** Also those that are still starting: whoever breaks off must find them. */
  private static readonly living = new Set<Server>();
  readonly tree: ProcessTree;
  readonly url: string;

  private constructor(
    private readonly child: ChildProcess,
    readonly launch: Launch,
  ) {
    this.tree = new ProcessTree(child.pid ?? 0);
    this.url = `http://127.0.0.1:${launch.port}`;
  }

  /** Resolves when `GET /v2/` is answered as a registry answers it. */
  static async start(launch: Launch): Promise<Server> {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('NCR_'));
    const output = openSync(join(launch.folder, 'output.log'), 'w');
    const child = spawn(launch.command, launch.args, {
      env: { ...Object.fromEntries(inherited), ...launch.env },
      stdio: ['ignore', output, output],
      cwd: launch.folder,
    });
    closeSync(output);
    const failed = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? code}`));
    });
    const server = new Server(child, launch);
    Server.living.add(server);
    const reason = await Promise.race([server.ready(), failed]);
    if (reason === undefined) return server;
    await server.stop();
    throw new Error(`${launch.command} did not start: ${reason}\n${server.output()}`);
  }

  static async stopAll(): Promise<void> {
    await Promise.all([...Server.living].map((server) => server.stop()));
  }

  /** Asks it to end, waits, and ends by force what is still there. */
  async stop(): Promise<void> {
    Server.living.delete(this);
    const pids = this.tree.pids();
    if (this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await Promise.race([ended, wait(stopLimit, undefined, { ref: false })]);
    }
    const left = new Set(this.tree.pids());
    for (const pid of pids.filter((pid) => left.has(pid))) process.kill(pid, 'SIGKILL');
  }

  private async ready(): Promise<string | undefined> {
    const deadline = Date.now() + startLimit;
    while (Date.now() < deadline) {
      const status = await fetch(`${this.url}/v2/`).then(
        (response) => response.status,
        () => 0,
      );
      if (status === 200 || status === 401) return undefined;
      await wait(50);
    }
    return `no answer within ${startLimit / 1000} s`;
  }

  /** The last lines that it wrote, and how it ended if it did. */
  output(): string {
    const lines = readFileSync(join(this.launch.folder, 'output.log'), 'utf8').trimEnd().split('\n').slice(-20);
    const end = this.child.signalCode ?? this.child.exitCode;
    return [...lines, ...(end === null ? [] : [`(ended with ${end})`])].join('\n');
  }
}
