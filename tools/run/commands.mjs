import { watch } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from './build.mjs';
import { environment, run, start as startChild } from './child.mjs';
import { checks } from './check.mjs';
import { install } from './install.mjs';
import { at, node24, Refusal, say } from './workspace.mjs';

/** Builds what changed and runs the main file of an app; gives its exit code. */
async function runApp(name, args) {
  await install();
  await build();
  return run(node24(), appArguments(name, args));
}

const appArguments = (name, args) => ['--enable-source-maps', at('dist', 'apps', name, 'src', 'main.js'), ...args];

export const start = (args) => runApp('all-in-one', args);
export const e2e = (args) => runApp('e2e', args);
export const bench = (args) => runApp('bench', args);

/** Arguments go to Jest as they are: `npm test -- -t CLN-4`. The end-to-end tests drive the built suite. */
export async function test(args) {
  await install();
  await build();
  return run(node24(), [at('node_modules', 'jest', 'bin', 'jest.js'), ...args], {
    env: environment({ NODE_ENV: 'test' }),
  });
}

export async function check(args) {
  await install();
  return checks(args);
}

/** The suite, built and started anew when a source changes; a mistake in the sources waits for the next change. */
export async function dev(args) {
  await install();
  const watching = new AbortController();
  const changes = watchSources(watching.signal);
  try {
    for (;;) {
      const code = await untilChange(changes, args);
      if (code !== undefined) return code;
      say('▸ sources changed');
    }
  } finally {
    watching.abort();
  }
}

/** Gives the exit code when the suite was stopped, undefined when a source changed. */
async function untilChange(changes, args) {
  try {
    await build();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    say(error.message);
    return changes.next();
  }
  const app = startChild(node24(), appArguments('all-in-one', args));
  const code = await Promise.race([app.ended, changes.next()]);
  if (code === 0 || code > 128) return code;
  if (code !== undefined) {
    say(`▸ it ended with exit code ${code}; waiting for a change`);
    return changes.next();
  }
  app.stop();
  await app.ended;
  return undefined;
}

/** `next` resolves when a source changed since it last resolved, and nothing more has for a moment. */
function watchSources(signal) {
  let changed = false;
  let tell;
  for (const folder of ['apps', 'libs']) {
    watch(at(folder), { recursive: true, signal }, (_, name) => {
      if (!name || /(?:\.md|\.spec\.ts|~|\.swp)$/.test(name)) return;
      changed = true;
      tell?.();
    });
  }
  return {
    async next() {
      if (!changed) await new Promise((resolve) => (tell = resolve));
      while (changed) {
        changed = false;
        await sleep(300);
      }
    },
  };
}
