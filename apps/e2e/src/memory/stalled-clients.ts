import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, Socket } from 'node:net';

/** Connections that are opened at the same moment: fewer than a listener keeps waiting. */
const atOnce = 100;

/** A way to hold a connection for as long as it lasts. */
export interface Stall {
  readonly name: string;
  /** What each client sends at once, on a connection of its own. */
  readonly sends: readonly string[];
  /** What all of them send again and again, after so many milliseconds each time. */
  readonly trickles?: { readonly text: string; readonly every: number };
  /** Whether they take what the suite answers. */
  readonly reads: boolean;
}

/** Clients that stop in the middle. They do not notice when they are cut off: see {@link openConnections}. */
export class StalledClients {
  private readonly sockets: Socket[] = [];
  private trickle: NodeJS.Timeout | undefined;
  private bytes = 0;

  constructor(
    private readonly url: string,
    readonly stall: Stall,
  ) {}

  async start(): Promise<void> {
    const { sends, trickles } = this.stall;
    for (let at = 0; at < sends.length; at += atOnce) {
      await Promise.all(sends.slice(at, at + atOnce).map((text) => this.connect(text)));
    }
    if (!trickles) return;
    this.trickle = setInterval(() => {
      for (const socket of this.sockets) if (socket.writable) socket.write(trickles.text);
    }, trickles.every);
  }

  /** The ports of their ends of the connections. */
  get ports(): number[] {
    return this.sockets.map(({ localPort = 0 }) => localPort);
  }

  /** Reads what is left after they were cut off. Gives the bytes that one of them received, on average. */
  async drain(): Promise<number> {
    const closed = this.sockets.filter((socket) => !socket.closed).map((socket) => once(socket, 'close'));
    for (const socket of this.sockets) socket.resume();
    await Promise.all(closed);
    return this.bytes / this.sockets.length;
  }

  stop(): void {
    clearInterval(this.trickle);
    for (const socket of this.sockets) socket.destroy();
  }

  private async connect(text: string): Promise<void> {
    const { hostname, port } = new URL(this.url);
    const socket = connect(Number(port), hostname);
    this.sockets.push(socket);
    await once(socket, 'connect');
    socket.on('error', () => undefined).on('data', (piece) => (this.bytes += piece.length));
    if (!this.stall.reads) socket.pause();
    socket.write(text);
  }
}

/** The other ends' ports of the connections that somebody on this machine holds open on his port. */
export function openConnections(port: number): Set<number> {
  const lines = ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/net/${table}`, 'latin1').trim().split('\n'));
  const open = lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state = '']) => portOf(local) === port && held.includes(state));
  return new Set(open.map(([, , remote = '']) => portOf(remote)));
}

/** Of `/proc/net/tcp`: established, and closed by the other end alone. The rest is the kernel's business only. */
const held = ['01', '08'];

function portOf(address: string): number {
  return parseInt(address.slice(address.indexOf(':') + 1), 16);
}
