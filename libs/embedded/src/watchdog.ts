import { ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Its standard input ends when the owner dies, however it dies. Then it stops the server, waits, and removes the folder
 * if it was told one.
 */
const script = `
read -r _
kill -INT "$0" 2>/dev/null
while kill -0 "$0" 2>/dev/null; do sleep 0.1; done
if [ -n "$1" ]; then rm -rf -- "$1"; fi
`;

/** Stops a server whose owner was killed before it could. Gives a function that calls the watch off. */
export function watch(server: number, remove: string | undefined): () => void {
  const child: ChildProcess = spawn('/bin/sh', ['-c', script, String(server), remove ?? ''], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', () => {}); // no shell, no watchdog: the next start finds the orphan
  child.unref();
  (child.stdin as Socket | null)?.unref();
  return () => {
    child.kill('SIGKILL');
  };
}
