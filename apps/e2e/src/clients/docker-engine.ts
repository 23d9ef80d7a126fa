import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, closeSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Desk, findProgram } from './program';

/** Whether an engine can be started here: it needs root. */
export const canRunEngine = process.getuid?.() === 0;

/**
 * Runs the engine until standard input ends, in whatever way this process does; then nothing of it is left: it ends its
 * containerd itself when asked politely, but leaves the mount on its data.
 */
const watched = `
desk=$0; "$@" & engine=$!
cat >/dev/null
kill -TERM $engine; wait $engine
umount "$desk/engine/data"
rm -rf "$desk"; rmdir "$(dirname "$desk")"
rmdir /run/docker/plugins /run/docker`;

/** A docker engine with folders, socket and network of its own; it touches nothing of one that is installed. */
export class DockerEngine {
  private constructor(
    private readonly desk: Desk,
    private readonly daemon: ChildProcess,
  ) {}

  /** Throws with the end of its log when it does not come up. */
  static async start(desk: Desk): Promise<DockerEngine> {
    mkdirSync(desk.path('engine'));
    writeFileSync(desk.path('daemon.json'), '{}');
    const options = {
      'config-file': desk.path('daemon.json'),
      host: desk.environment.DOCKER_HOST,
      pidfile: desk.path('docker.pid'),
      'data-root': desk.path('engine/data'),
      'exec-root': desk.path('engine/exec'),
      'storage-driver': 'overlay2',
      iptables: 'false',
      ip6tables: 'false',
      bridge: 'none',
    };
    const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    const log = openSync(desk.path('dockerd.log'), 'w');
    const daemon = spawn('/bin/sh', ['-c', watched, desk.folder, findProgram('dockerd') ?? 'dockerd', ...args], {
      env: desk.environment,
      detached: true,
      stdio: ['pipe', log, log],
    });
    closeSync(log);
    const engine = new DockerEngine(desk, daemon);
    await engine.untilReady();
    return engine;
  }

  /** Takes the desk away, too. */
  async stop(): Promise<void> {
    if (!this.isRunning) return;
    const gone = once(this.daemon, 'exit');
    this.daemon.stdin?.end();
    await gone;
  }

  private get isRunning(): boolean {
    return this.daemon.exitCode === null && this.daemon.signalCode === null;
  }

  private async untilReady(): Promise<void> {
    for (const began = Date.now(); Date.now() - began < 30_000; await sleep(100)) {
      if (!this.isRunning) break;
      const answered = await this.desk.run('docker', 'version').then(
        () => true,
        () => false,
      );
      if (answered) return;
    }
    const log = readFileSync(this.desk.path('dockerd.log'), 'utf8').slice(-4000);
    await this.stop();
    throw new Error(`dockerd did not come up\n${log}`);
  }
}
