import { DataSource } from 'typeorm';
import { handlerExtras } from './handles';
import { LocalStrategy } from './local-strategy';
import { numberOutbox } from './numbering';
import { testStrategy } from './testing';
import { BedHandler, Desk, erased, MakeBed, noted } from './testing/bed';

const never = () => Promise.reject(new Error('not called in this test'));
const options = { dataSource: {} as DataSource, owners: ['writer'] };

function listen(strategy: LocalStrategy): Promise<void> {
  return new Promise((resolve, reject) => {
    void strategy.listen((error) => (error ? reject(error) : resolve()));
  });
}

const ignore = (): void => undefined;

function add(strategy: LocalStrategy, handler: BedHandler): void {
  const extras = handlerExtras(handler.contracts, handler.consumer);
  for (const { subject } of handler.contracts) {
    strategy.addHandler(subject, async (delivery) => handler.handle(delivery), true, extras);
  }
}

/** Processes with connections of their own, as real ones have. */
const makeBed =
  (notify: boolean): MakeBed =>
  (url) =>
    Promise.resolve({
      async start(handlers) {
        const dataSource = await new DataSource({ type: 'postgres', url, poolSize: 6 }).initialize();
        const persistence = { tries: 3, pause: 20 };
        const strategy = new LocalStrategy({
          dataSource,
          owners: ['writer'],
          persistence,
          failed: ignore,
          ...(notify && { notify: url }),
        });
        for (const handler of handlers) add(strategy, handler);
        await listen(strategy);
        let stopped: Promise<void> | undefined;
        return { stop: () => (stopped ??= strategy.close().then(() => dataSource.destroy())) };
      },
    });

testStrategy('local', makeBed(false));

describe('the local strategy', () => {
  it('refuses two handlers with the same consumer name', () => {
    const strategy = new LocalStrategy(options);
    strategy.addHandler(noted.subject, never, true, handlerExtras(noted, 'reader.one'));
    expect(() => strategy.addHandler(noted.subject, never, true, handlerExtras(noted, 'reader.one'))).toThrow(
      'two handlers call their consumer reader.one',
    );
  });

  it('keeps handlers of an equal pattern apart', () => {
    const strategy = new LocalStrategy(options);
    for (const name of ['reader.one', 'reader.two'])
      strategy.addHandler(noted.subject, never, true, handlerExtras(noted, name));
    expect([...strategy.consumers.keys()]).toEqual(['reader.one', 'reader.two']);
  });

  it('refuses a handler that is not declared with @Handles, and a consumer of two owners', () => {
    const strategy = new LocalStrategy(options);
    expect(() => strategy.addHandler(noted.subject, never, true)).toThrow('not declared with @Handles');
    expect(() => strategy.addHandler(noted.subject, never, false, handlerExtras(noted, 'reader.one'))).toThrow(
      '@Handles',
    );
    const other = { ...erased, subject: 'event.other.note.erased' };
    expect(() => strategy.addHandler(noted.subject, never, true, handlerExtras([noted, other], 'reader.one'))).toThrow(
      'one owner',
    );
    expect(() => handlerExtras(noted, 'reader')).toThrow('<service>.<name>');
  });

  it('does not start with a consumer whose publisher is elsewhere', async () => {
    const strategy = new LocalStrategy({ ...options, owners: ['reader'] });
    strategy.addHandler(noted.subject, never, true, handlerExtras(noted, 'reader.one'));
    await expect(listen(strategy)).rejects.toThrow('set NCR_NATS_URL');
  });

  it('hears from another process at once', async () => {
    const desk = await Desk.open(makeBed(true));
    try {
      const times: number[] = [];
      await desk.start(desk.reader('all', async () => void times.push(Date.now())));
      await desk.start();
      await desk.write('a', 1);
      await desk.until('all', 1);
      // The publisher is a third party, which numbers and tells; nobody else is woken by it.
      await desk.dataSource.query(
        `INSERT INTO writer.outbox (subject, key, partition, payload) VALUES ($1, 'a', 1, '{"n": 2}')`,
        [noted.subject],
      );
      await numberOutbox(desk.dataSource, 'writer');
      const told = Date.now();
      await desk.dataSource.query(`SELECT pg_notify('ncr_outbox', 'another process')`);
      await desk.until('all', 2);
      expect(times[1] - told).toBeLessThan(500);
    } finally {
      await desk.close();
    }
  });
});
