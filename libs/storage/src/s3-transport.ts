import type { ClientOptions } from 'minio';
import { Agent, ClientRequest, IncomingMessage, request as requestHttp, RequestOptions } from 'node:http';
import { Agent as TlsAgent, request as requestHttps } from 'node:https';
import { Socket } from 'node:net';

/** How long the store may be silent, in milliseconds. */
export interface Patience {
  readonly connect: number;
  /** Without a byte in either direction. */
  readonly idle: number;
  /** Until the first byte after a multipart upload was completed: a store may copy all parts together before it answers. */
  readonly complete: number;
}

/** The store did not answer in time; what it was asked may have happened. */
export class StoreSilent extends Error {
  readonly code = 'ETIMEDOUT';
}

/** The store answered that it cannot at the moment. */
export class StoreRefused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(`the store answered ${status} ${code}`);
  }
}

/** Bytes of an error document that are read; the rest is thrown away with the connection. */
const documentLimit = 65_536;
const passingStatuses = new Set([408, 429, 499]);

/**
 * What the client sends its requests through. Adds the time limits that the client does not have, and reads the answers
 * that it drops unread (it knows 5xx, 408 and 429 as a number only, and leaves their connections hanging).
 */
export function s3Transport(endpoint: string, patience: Patience): Pick<ClientOptions, 'transport' | 'transportAgent'> {
  const secure = endpoint.startsWith('https:');
  const send = (options: RequestOptions, answer: (response: IncomingMessage) => void): ClientRequest => {
    const request = secure ? requestHttps(options) : requestHttp(options);
    const completes = options.method === 'POST' && /[?&]uploadId=/.test(options.path ?? '');
    watch(request, completes ? { ...patience, idle: patience.complete } : patience);
    request.once('response', (response) => {
      const status = response.statusCode ?? 0;
      if (status < 500 && !passingStatuses.has(status)) answer(response);
      else void refusalOf(response, status).then((refusal) => request.emit('error', refusal));
    });
    return request;
  };
  return {
    transport: { request: send as typeof requestHttp },
    transportAgent: secure ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true }),
  };
}

function watch(request: ClientRequest, { connect, idle }: Patience): void {
  let response: IncomingMessage | undefined;
  request.once('response', (each) => (response = each));
  request.once('socket', (socket: Socket) => {
    if (socket.connecting) limitConnecting(request, socket, connect);
    const silent = (): void => {
      // Bytes that nobody has taken: it is the reader who stands still, not the store.
      if (response && response.readableLength > 0) socket.setTimeout(idle);
      else (response ?? request).destroy(new StoreSilent(`the store was silent for ${idle} ms`));
    };
    socket.setTimeout(idle).on('timeout', silent);
    request.once('close', () => socket.setTimeout(0).off('timeout', silent));
  });
}

function limitConnecting(request: ClientRequest, socket: Socket, limit: number): void {
  const timer = setTimeout(() => request.destroy(new StoreSilent(`no connection within ${limit} ms`)), limit);
  socket.once('connect', () => clearTimeout(timer));
  request.once('close', () => clearTimeout(timer));
}

async function refusalOf(response: IncomingMessage, status: number): Promise<StoreRefused> {
  let text = '';
  try {
    for await (const piece of response) {
      text += String(piece);
      if (text.length > documentLimit) break;
    }
  } catch {
    // the status alone says enough
  }
  return new StoreRefused(status, /<Code>(\w{1,64})<\/Code>/.exec(text)?.[1] ?? `status ${status}`);
}
