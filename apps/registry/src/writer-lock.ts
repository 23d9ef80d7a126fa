import { DataPool } from '@ncr/platform';
import { randomInt } from 'node:crypto';
import { PoolClient } from 'pg';
import { writerLockClass } from './store/uploads';

/**
 * Says to every process of the suite that this one lives, for as long as a connection of its own holds an advisory lock.
 * An upload's row names its writer by `number`; when the writer's process or connection dies, anybody may take over, at
 * once. A process that lost its connection gets a new number and so learns that its running uploads are no longer its own.
 */
export class WriterLock {
  private holder: Promise<{ client: PoolClient; number: number }> | undefined;

  constructor(private readonly pool: DataPool) {}

  /** The number under which this process writes now. */
  async number(): Promise<number> {
    this.holder ??= this.acquire();
    try {
      return (await this.holder).number;
    } catch (error) {
      this.holder = undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    const held = await this.holder?.catch(() => undefined);
    this.holder = undefined;
    held?.client.release(true);
  }

  private async acquire(): Promise<{ client: PoolClient; number: number }> {
    const client = await this.pool.connect();
    const number = randomInt(2 ** 31);
    const lost = (): void => {
      this.holder = undefined;
      client.release(true);
    };
    client.once('error', lost);
    await client.query('SELECT pg_advisory_lock($1::int, $2::int)', [writerLockClass(), number]);
    return { client, number };
  }
}
