import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter } from 'node:path';
import { at, root } from './workspace.mjs';

/** How long a child may take to end after it was asked to: it finishes streams for 30 s. */
const grace = 40_000;

const forwarded = { SIGINT: 'SIGINT', SIGTERM: 'SIGTERM', SIGHUP: 'SIGTERM' };

/** The caller's environment with the workspace's programs first, Node 24 among them. */
export function environment(more = {}) {
  const path = [at('node_modules', '.bin'), process.env.PATH].join(delimiter);
  return { ...process.env, PATH: path, ...more };
}

/**
 * Starts a program in a process group of its own, which does not outlive this process: signals are handed on, a vanished
 * parent counts as one (npm or its shell was killed), and what is left of the group when the program ends is killed.
 * Asking again after a second waits no longer (npm repeats a Ctrl-C at once). `ended` resolves to the exit code (128 + n after signal n).
 */
export function start(program, args, options = {}) {
  let child;
  let asked;
  let timer;
  const stop = (signal = 'SIGTERM') => {
    if (asked === undefined) {
      asked = Date.now();
      timer = setTimeout(() => killGroup(child), grace);
      child.kill(signal);
    } else if (Date.now() - asked > 1000) {
      killGroup(child);
    }
  };
  // Before there is a child: a signal that comes while it starts must not end this process alone.
  const release = watchOver(stop);
  child = spawn(program, args, {
    cwd: root,
    env: environment(),
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'inherit', 'inherit'],
    ...options,
  });
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  }).finally(() => {
    clearTimeout(timer);
    release();
    killGroup(child);
  });
  return { ended, stop, stdout: child.stdout, stderr: child.stderr };
}

/** Runs a program to its end; gives the exit code. */
export function run(program, args, options) {
  return start(program, args, options).ended;
}

/** As {@link run}, but keeps what the program says: gives `{ code, output }`. */
export async function runQuietly(program, args) {
  const child = start(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  return { code: await child.ended, output };
}

/** Calls `stop` on a signal and when the parent is gone; gives a function that ends the watch. */
function watchOver(stop) {
  const handlers = Object.entries(forwarded).map(([signal, as]) => [signal, () => stop(as)]);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop('SIGTERM');
  }, 500);
  return () => {
    clearInterval(timer);
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}

function killGroup(child) {
  try {
    if (child.pid) process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
  } catch {
    // the group is empty
  }
}
