import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo, ListenOptions, Socket } from 'node:net';

/** Answers one request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** How often connections that became idle are closed while draining, in milliseconds. */
const sweepInterval = 50;

/** Requests that may wait on one connection for the answer to an earlier one. */
const mostWaiting = 32;

/**
 * An HTTP server whose time-outs suit large bodies: no limit on a whole request (a push may take hours; whoever reads a
 * body watches its progress), 20 s for headers, and connections kept longer than the usual proxy keeps them.
 */
export class Listener {
  readonly server: Server;
  private readonly open = new Set<ServerResponse>();
  private readonly lines = new WeakMap<Socket, { latest?: ServerResponse; waiting: number }>();
  private draining = false;

  /** Without `continued`, `100 Continue` is sent at once to whoever waits for it. */
  constructor(handler: Handler, continued?: Handler) {
    this.server = createServer({
      requestTimeout: 0,
      headersTimeout: 20_000,
      connectionsCheckingInterval: 5000,
      keepAliveTimeout: 75_000,
      noDelay: true,
    });
    this.server.timeout = 0;
    this.server.on('request', (request, response) => this.inTurn(request, response, handler));
    if (!continued) return;
    this.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
      this.inTurn(request, response, continued),
    );
  }

  /** Rejects with Node's error when the address cannot be had. Gives the port, 0 for a socket file. */
  async listen(options: ListenOptions): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(options, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    const address = this.server.address();
    return typeof address === 'string' || address === null ? 0 : (address satisfies AddressInfo).port;
  }

  /** Accepts nothing new, lets what runs go on for `patience` milliseconds, then cuts it off. */
  async close(patience: number): Promise<void> {
    this.draining = true;
    for (const response of this.open) response.shouldKeepAlive = false;
    if (!this.server.listening) return;
    const sweep = setInterval(() => this.server.closeIdleConnections(), sweepInterval);
    const end = setTimeout(() => this.server.closeAllConnections(), patience);
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
    clearInterval(sweep);
    clearTimeout(end);
  }

  /**
   * Handles a request when the one before it on the same connection is answered. No client of ours pipelines; without
   * this, a thousand requests in one packet by somebody who reads nothing would make us hold a thousand answers (AC-48).
   */
  private inTurn(request: IncomingMessage, response: ServerResponse, handler: Handler): void {
    const { socket } = request;
    const handle = (): void => {
      if (socket.destroyed) return;
      this.track(response);
      handler(request, response);
    };
    const line = this.lines.get(socket) ?? { waiting: 0 };
    const { latest: before } = line;
    line.latest = response;
    this.lines.set(socket, line);
    if (!before || before.closed) return handle();
    if (++line.waiting > mostWaiting) return void socket.destroy();
    before.once('close', () => {
      line.waiting--;
      handle();
    });
  }

  private track(response: ServerResponse): void {
    // Tells the client with the answer that this connection ends.
    if (this.draining) response.shouldKeepAlive = false;
    this.open.add(response);
    response.once('close', () => this.open.delete(response));
  }
}
