import { ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Room for what stays free on a disk, and for a few minutes of pushes; the file is sparse. */
const imageBytes = 4 * 1024 ** 3;
/** The file system commits by itself this seldom: what survives does so because somebody asked for it. */
const options = 'loop,commit=300';
/** Its standard input ends when the test dies, however it dies. */
const watchdog = 'read -r _; umount -l "$0" 2>/dev/null; rm -rf -- "$1"';

/**
 * Puts a folder on an ext4 file system of its own, in a file, and takes the power from it: the file then holds what was
 * synced, and of the rest what the kernel happened to write. Needs root and loop devices.
 */
export class PowerSupply {
  private image: string;
  private cuts = 0;
  private readonly watch: ChildProcess;

  private constructor(
    private readonly workplace: string,
    private readonly folder: string,
  ) {
    this.image = join(workplace, 'disk-0');
    this.watch = spawn('/bin/sh', ['-c', watchdog, folder, workplace], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
  }

  /** Nobody uses the folder meanwhile. */
  static connect(folder: string, parent: string): PowerSupply {
    const supply = new PowerSupply(mkdtempSync(join(parent, 'power-')), folder);
    writeFileSync(supply.image, '');
    truncateSync(supply.image, imageBytes);
    run('mkfs.ext4', '-q', '-F', supply.image);
    const kept = join(supply.workplace, 'kept');
    run('cp', '-a', folder, kept);
    supply.mount();
    run('cp', '-a', `${kept}/.`, folder);
    run('sync', '-f', folder);
    return supply;
  }

  /** Why there can be none here, or undefined. */
  static missing(parent: string): string | undefined {
    if (process.getuid?.() !== 0) return 'needs root';
    const trial = mkdtempSync(join(parent, 'trial-'));
    try {
      const image = join(trial, 'image');
      writeFileSync(image, '');
      truncateSync(image, 16 * 1024 ** 2);
      run('mkfs.ext4', '-q', '-F', image);
      run('mount', '-o', 'loop', image, trial);
      run('umount', trial);
      return undefined;
    } catch (error) {
      return `needs loop devices: ${String(error)}`;
    } finally {
      rmSync(trial, { recursive: true, force: true });
    }
  }

  /** Everything that used the folder was killed. What lay in memory alone is lost; throws when nothing was. */
  cut(): void {
    const unsynced = join(this.folder, `unsynced-${this.cuts}`);
    writeFileSync(unsynced, 'in memory alone');
    const survivor = join(this.workplace, `disk-${++this.cuts}`);
    run('cp', '--sparse=always', this.image, survivor);
    this.unmount();
    rmSync(this.image);
    this.image = survivor;
    const { status, stdout } = spawnSync('e2fsck', ['-fy', survivor], { encoding: 'utf8' });
    if (status === null || status > 1) throw new Error(`the file system is damaged: ${stdout}`);
    this.mount();
    if (contentOf(unsynced) !== '') throw new Error('what was never synced survived: this was no power cut');
  }

  disconnect(): void {
    this.unmount();
    this.watch.kill('SIGKILL');
    rmSync(this.workplace, { recursive: true, force: true });
  }

  private mount(): void {
    run('mount', '-o', options, this.image, this.folder);
    // The root of a fresh file system is its own folder: what was there before must be able to pass.
    run('chmod', '711', this.folder);
  }

  private unmount(): void {
    run('umount', this.folder);
  }
}

/** Empty when there is no such file. */
function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function run(program: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(`${program} ${args.join(' ')}: ${stderr.trim()}`);
}
