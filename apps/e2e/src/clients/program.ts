import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Milliseconds after which a program counts as hanging. */
const patience = 180_000;

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** A program ended with an exit code other than 0. */
export class ProgramFailed extends Error {
  override readonly name = 'ProgramFailed';

  constructor(
    command: string,
    code: number | null,
    readonly output: Output,
  ) {
    super(`${command} ended with ${code ?? 'a signal'}\n${output.stdout}\n${output.stderr}`.trimEnd());
  }
}

/** The folder where `tools/clients.sh` puts programs goes before the caller's search path. */
export const searchPath = [
  join(process.env.NCR_CLIENTS ?? join(homedir(), '.cache/ncr-clients'), 'bin'),
  ...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''),
];

export function findProgram(name: string): string | undefined {
  return searchPath.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A home of their own for the programs of one test file: they find no configuration of the user's and leave none. */
export class Desk {
  readonly folder = mkdtempSync(join(process.env.NCR_E2E_FOLDER ?? tmpdir(), 'desk-'));
  readonly environment: Readonly<Record<string, string>>;

  constructor() {
    this.environment = {
      PATH: searchPath.join(delimiter),
      HOME: this.path('home'),
      TMPDIR: this.path('tmp'),
      DOCKER_CONFIG: this.path('docker'),
      DOCKER_HOST: `unix://${this.path('docker.sock')}`,
      DOCKER_BUILDKIT: '0',
      REGISTRY_AUTH_FILE: this.path('auth.json'),
    };
    for (const name of ['home', 'docker', 'tmp']) mkdirSync(this.path(name));
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** Throws `ProgramFailed`. */
  run(name: string, ...args: string[]): Promise<Output> {
    return this.runWith('', name, ...args);
  }

  /** As {@link run}; `input` is what the program reads. */
  async runWith(input: string, name: string, ...args: string[]): Promise<Output> {
    const child = spawn(findProgram(name) ?? name, args, {
      cwd: this.folder,
      env: this.environment,
      timeout: patience,
      killSignal: 'SIGKILL',
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    child.stdin.on('error', () => undefined); // it ended without reading
    child.stdin.end(input);
    const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
    if (code !== 0) throw new ProgramFailed([name, ...args].join(' '), code, output);
    return output;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
