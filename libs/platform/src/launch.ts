import { ServeOptions } from './process';
import { Running, serve } from './serve';
import { Service } from './service';
import { SettingsInvalid } from './settings';

/**
 * The whole life of a process that runs services: serves until SIGTERM or SIGINT, drains, exits. `opened` runs once
 * requests are answered. A second signal ends it at once. Wrong settings are listed on standard error, exit code 78.
 */
export async function launch(
  services: readonly Service[],
  options: ServeOptions & { readonly opened?: (running: Running) => void | Promise<void> } = {},
): Promise<void> {
  try {
    const running = await serve(services, options);
    let stopping = false;
    const stop = (): void => {
      if (stopping) process.exit(1);
      stopping = true;
      running.close().then(() => process.exit(0), fail);
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    await options.opened?.(running);
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): never {
  const text = error instanceof SettingsInvalid ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(error instanceof SettingsInvalid ? SettingsInvalid.exitCode : 1);
}
