import { LoggerService } from '@nestjs/common';
import pino, { DestinationStream, Logger } from 'pino';

/** Never written, wherever in a logged object they stand, up to the second level (AC-59). */
const secretKeys = ['authorization', 'cookie', 'set-cookie', 'password', 'secret', 'token', 'x-csrf-token'];
const hidden = secretKeys.flatMap((key) => [`["${key}"]`, `*["${key}"]`]);

/** The process's log: one JSON object per line, to standard output unless told otherwise. */
export function openLog(
  level: string,
  destination: DestinationStream = pino.destination({ fd: 1, sync: true }),
): Logger {
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: hidden, censor: '[hidden]' },
      serializers: { error: pino.stdSerializers.err },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}

/** Nest's logger over pino. What is given as an object becomes fields, an `Error` becomes `error`. */
export class NestLog implements LoggerService {
  constructor(private readonly target: Logger) {}

  /** Nest tells at this level what it wires up; that is for those who debug. */
  log(message: unknown, ...rest: unknown[]): void {
    this.write(isWiring(rest.at(-1)) ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  private write(level: 'info' | 'error' | 'warn' | 'debug', message: unknown, rest: readonly unknown[]): void {
    const context = rest.at(-1);
    const [stack] = rest.length > 1 ? rest : [];
    const fields = {
      ...(typeof context === 'string' && { context }),
      ...(typeof stack === 'string' && { stack }),
    };
    if (message instanceof Error) this.target[level]({ ...fields, error: message }, message.message);
    else if (typeof message === 'object' && message !== null) this.target[level]({ ...fields, ...message });
    else this.target[level](fields, String(message));
  }
}

const wiring = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'NestMicroservice',
]);

function isWiring(context: unknown): boolean {
  return typeof context === 'string' && wiring.has(context);
}
