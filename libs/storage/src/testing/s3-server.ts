import { ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Programs that serve S3 from a folder; `tools/clients.sh` gets them. */
export type S3Program = 'versitygw' | 'minio';

const accessKey = 'ncr-test-key';
const secretKey = 'ncr-test-secret';

/** A real S3 server on 127.0.0.1 with a folder of its own. */
export class S3Server {
  readonly accessKey = accessKey;
  readonly secretKey = secretKey;

  private constructor(
    readonly endpoint: string,
    /** Holds a folder per bucket. */
    readonly root: string,
    private readonly process: ChildProcess,
  ) {}

  /** Where the program is: in `$NCR_CLIENTS/bin` (`~/.cache/ncr-clients/bin`) or on PATH; undefined when it is not. */
  static find(program: S3Program): string | undefined {
    const folders = [
      join(process.env['NCR_CLIENTS'] ?? join(homedir(), '.cache/ncr-clients'), 'bin'),
      ...(process.env['PATH'] ?? '').split(delimiter),
    ];
    return folders.map((folder) => join(folder, program)).find(isExecutable);
  }

  static async start(program: S3Program): Promise<S3Server> {
    const path = S3Server.find(program);
    if (!path) throw new Error(`there is no ${program}: bash tools/clients.sh ${program}`);
    const folder = await mkdtemp(join(tmpdir(), 'ncr-s3-'));
    const [root, port] = [join(folder, 'buckets'), await freePort()];
    await Promise.all([mkdir(root), mkdir(join(folder, 'sidecar'))]);
    const args = {
      // The side folder holds what would else be extended attributes, which not every temporary folder can keep.
      versitygw: [
        '--port',
        `127.0.0.1:${port}`,
        '--keep-alive',
        '--quiet',
        'posix',
        '--sidecar',
        join(folder, 'sidecar'),
        root,
      ],
      minio: ['server', '--address', `127.0.0.1:${port}`, '--quiet', root],
    }[program];
    const child = spawn(path, args, { env: environment(folder), stdio: 'ignore' });
    const server = new S3Server(`http://127.0.0.1:${port}`, root, child);
    process.once('exit', () => child.kill('SIGKILL'));
    await server.answers();
    return server;
  }

  /** The text for `openStorage`. */
  location(bucket: string, endpoint = this.endpoint): string {
    return `s3://${bucket}?endpoint=${endpoint}`;
  }

  async makeBucket(bucket: string): Promise<void> {
    const { Client } = await import('minio');
    const { hostname, port } = new URL(this.endpoint);
    const { accessKey, secretKey } = this;
    await new Client({ endPoint: hostname, port: Number(port), useSSL: false, accessKey, secretKey }).makeBucket(
      bucket,
    );
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    if (this.process.exitCode === null && this.process.kill()) await ended;
    await rm(join(this.root, '..'), { recursive: true, force: true });
  }

  private async answers(): Promise<void> {
    for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(50)) {
      if (this.process.exitCode !== null) throw new Error(`the S3 server ended with ${this.process.exitCode}`);
      const status = await fetch(this.endpoint).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status > 0 && status < 500) return; // MinIO answers 503 while it starts
    }
    await this.stop();
    throw new Error('the S3 server does not answer');
  }
}

function environment(home: string): NodeJS.ProcessEnv {
  return {
    HOME: home,
    ROOT_ACCESS_KEY: accessKey,
    ROOT_SECRET_KEY: secretKey,
    MINIO_ROOT_USER: accessKey,
    MINIO_ROOT_PASSWORD: secretKey,
    MINIO_BROWSER: 'off',
  };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
