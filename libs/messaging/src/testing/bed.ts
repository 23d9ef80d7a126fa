import { Contract, event } from '@ncr/contracts';
import { testDatabase } from '@ncr/embedded/testing';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { committed } from '../bell';
import { Delivery } from '../handles';
import { consumerTables, outboxTables, publish } from '../outbox';

/** What the messages of the suite carry. */
export interface Note {
  readonly n: number;
}

const note = z.object({ n: z.int() });
export const noted: Contract<Note> = event('event.writer.note.noted', note, 'A note was taken.');
export const erased: Contract<Note> = event('event.writer.note.erased', note, 'A note was erased.');

/** One handler of a process. */
export interface BedHandler {
  readonly consumer: string;
  readonly contracts: readonly Contract<Note>[];
  handle(delivery: Delivery<Note>): Promise<void>;
}

/** A process of the service that consumes. */
export interface BedProcess {
  /** Lets what is under way end. */
  stop(): Promise<void>;
}

/** A strategy under test: `tries` is 3, the first pause 20 ms. */
export interface Bed {
  /** Starts a process with these handlers; several may run at once. */
  start(handlers: readonly BedHandler[]): Promise<BedProcess>;
}

/** Makes a bed on a database whose schemas `writer` and `reader` have the tables of a publisher and a consumer. */
export type MakeBed = (databaseUrl: string) => Promise<Bed>;

/** One database with a writer and a reader, and what the reader's handlers wrote down. */
export class Desk {
  private processes: BedProcess[] = [];

  private constructor(
    readonly dataSource: DataSource,
    private readonly bed: Bed,
    private readonly drop: () => Promise<void>,
  ) {}

  static async open(make: MakeBed): Promise<Desk> {
    const database = await testDatabase();
    const dataSource = await new DataSource({ type: 'postgres', url: database.url, poolSize: 10 }).initialize();
    await dataSource.query(`
      CREATE SCHEMA writer; CREATE SCHEMA reader;
      ${outboxTables('writer')} ${consumerTables('reader')}
      CREATE TABLE reader.seen (
        nth bigint GENERATED ALWAYS AS IDENTITY, consumer text, id uuid, subject text, key text, n int, position bigint)`);
    return new Desk(dataSource, await make(database.url), database.drop);
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.stop()));
    await this.dataSource.destroy();
    await this.drop();
  }

  async start(...handlers: BedHandler[]): Promise<BedProcess> {
    const process = await this.bed.start(handlers);
    this.processes.push(process);
    return process;
  }

  /** A handler that writes down what it gets, then does what else it is told. */
  reader(name: string, also: (delivery: Delivery<Note>) => Promise<void> = () => Promise.resolve()): BedHandler {
    return {
      consumer: `reader.${name}`,
      contracts: [noted, erased],
      handle: async (delivery) => {
        const { id, subject, key, position, payload, tx } = delivery;
        await tx.query(
          `INSERT INTO reader.seen (consumer, id, subject, key, n, position) VALUES ($1, $2, $3, $4, $5, $6)`,
          [name, id, subject, key, payload.n, position],
        );
        await also(delivery);
      },
    };
  }

  /** Publishes notes `from` to `to` of one key, each in a transaction that holds the key's lock. */
  async write(key: string, from: number, to = from, contract = noted): Promise<void> {
    for (let n = from; n <= to; n++) {
      const tx = await this.dataSource.transaction(async (tx) => {
        await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [key]);
        await publish(tx, contract, key, { n });
        return tx;
      });
      committed(tx);
    }
  }

  /** What a consumer has seen so far, in the order of handling. */
  seen(name: string): Promise<{ id: string; subject: string; key: string; n: number; position: string }[]> {
    return this.dataSource.query(
      'SELECT id, subject, key, n, position FROM reader.seen WHERE consumer = $1 ORDER BY nth',
      [name],
    );
  }

  /** The same for one key, numbers only. */
  async numbers(name: string, key: string): Promise<number[]> {
    return (await this.seen(name)).filter((row) => row.key === key).map((row) => row.n);
  }

  /** Waits until the consumer has seen so many; rejects after 10 s. */
  async until(name: string, count: number): Promise<void> {
    await this.eventually(async () => (await this.seen(name)).length >= count, `${name} never saw ${count}`);
  }

  async eventually(isSo: () => Promise<boolean>, complaint: string): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (!(await isSo())) {
      if (Date.now() > deadline) throw new Error(complaint);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
