import 'reflect-metadata';
import { serve } from '@ncr/platform';
import { services } from './services';

/** One process with every service. It ends when the supervisor says so, or is gone. */
async function main(): Promise<void> {
  // Ctrl-C reaches every process of the terminal; the supervisor decides when this one stops.
  process.on('SIGINT', () => undefined);
  const running = await serve(services, { workers: Number(process.env.NCR_WORKERS) });
  let closing: Promise<void> | undefined;
  const stop = (): void => {
    closing ??= running.close().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('disconnect', stop);
  process.send?.('ready');
}

void main().catch((error: unknown) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exit(1);
});
