import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { Pulse } from './pulse';

const channel = 'ncr_outbox';
const reconnectAfter = 2000;

/**
 * Tells the other processes on the same database that there is something to read, and hears it from them.
 *
 * On a connection of its own, never in the transaction that published: PostgreSQL serialises the commits of transactions
 * that notify. At most one notification per 10 ms. Nothing depends on it arriving: everybody polls each second as well.
 */
export class Notifications {
  private readonly self = randomUUID();
  private readonly sender: Pulse;
  private client: Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private pending = false;
  private stopped = false;

  /** `heard` runs when another process told; `failed` gets what went wrong, after which it connects again. */
  constructor(
    private readonly url: string,
    private readonly heard: () => void,
    private readonly failed: (error: unknown) => void,
  ) {
    this.sender = new Pulse(() => this.send(), { period: 60_000, gap: 10 }, failed);
  }

  start(): void {
    this.connect();
    this.sender.start();
  }

  tell(): void {
    this.pending = true;
    this.sender.wake();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.sender.stop();
    await this.client?.end();
  }

  private connect(): void {
    const client = new Client({ connectionString: this.url, keepAlive: true });
    this.client = client;
    client.on('notification', ({ payload }) => payload !== this.self && this.heard());
    client.on('error', (error) => this.reconnect(client, error));
    client
      .connect()
      .then(() => client.query(`LISTEN ${channel}`))
      .catch((error: unknown) => this.reconnect(client, error));
  }

  private reconnect(client: Client, error: unknown): void {
    if (this.stopped || this.client !== client) return;
    this.failed(error);
    this.client = undefined;
    this.timer = setTimeout(() => this.connect(), reconnectAfter);
    this.timer.unref();
  }

  private async send(): Promise<void> {
    if (!this.pending || !this.client) return;
    this.pending = false;
    await this.client.query('SELECT pg_notify($1, $2)', [channel, this.self]);
  }
}
