import { randomUUID } from 'node:crypto';
import { testDatabase } from '@ncr/embedded/testing';
import { DataSource } from 'typeorm';
import { applyRevocations, Revocations, revocationTable } from './revocations';
import { TestAuthority } from './testing';

let dataSource: DataSource;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  dataSource = await new DataSource({ type: 'postgres', url: database.url }).initialize();
});
afterAll(async () => {
  await dataSource.destroy();
  await drop();
});
beforeEach(async () => {
  await dataSource.query(`DROP SCHEMA IF EXISTS shop CASCADE; CREATE SCHEMA shop; ${revocationTable('shop')}`);
});

const seconds = (date: Date) => date.getTime() / 1000;

describe('revocations', () => {
  let authority: TestAuthority;
  let now: number;
  const open = () =>
    new Revocations({
      dataSource,
      services: ['shop'],
      fetch: (after) => authority.revocations(after),
      grace: 600_000,
      now: () => now,
    });
  beforeEach(() => {
    authority = new TestAuthority();
    now = Date.now();
  });

  it('void what a principal, a key or a registry got before, and nothing that was issued after', async () => {
    const revocations = open();
    const [sub, key, registry] = [randomUUID(), randomUUID(), randomUUID()];
    const moment = new Date(now);
    const claims = { sub, key, iat: seconds(moment) - 0.001 };
    expect(revocations.allows(claims, [registry])).toBe(true);
    for (const [kind, id] of [
      ['principal', sub],
      ['key', key],
      ['registry', registry],
    ] as const) {
      authority = new TestAuthority();
      await dataSource.query(`DELETE FROM shop.revocation; UPDATE shop.revocation_poll SET seq = 0`);
      authority.revoke(kind, id, moment);
      const fresh = open();
      await fresh.poll();
      expect(fresh.allows(claims, [registry])).toBe(false);
      expect(fresh.allows({ ...claims, iat: seconds(moment) }, [registry])).toBe(true);
      expect(fresh.allows({ sub: randomUUID(), key: randomUUID(), iat: claims.iat }, [])).toBe(true);
    }
  });

  it('tell apart moments within one millisecond', async () => {
    const sub = randomUUID();
    await applyRevocations(dataSource.manager, 'shop', [
      { seq: 1, kind: 'principal', id: sub, notBefore: '2026-11-21T02:00:00.123456Z' },
    ]);
    const revocations = open();
    await revocations.reload();
    const iat = seconds(new Date('2026-11-21T02:00:00Z'));
    expect(revocations.allows({ sub, iat: iat + 0.1234 }, [])).toBe(false);
    expect(revocations.allows({ sub, iat: iat + 0.1235 }, [])).toBe(true);
  });

  it('that an event handler wrote are seen at the next reading, in any order and as often as they come', async () => {
    const revocations = open();
    const sub = randomUUID();
    const [early, late] = [new Date(now - 1000), new Date(now)];
    const entry = (date: Date, seq: number) => ({
      seq,
      kind: 'principal' as const,
      id: sub,
      notBefore: date.toISOString(),
    });
    await applyRevocations(dataSource.manager, 'shop', [entry(late, 2)]);
    await applyRevocations(dataSource.manager, 'shop', [entry(early, 1), entry(late, 2)]);
    await revocations.reload();
    expect(revocations.allows({ sub, iat: seconds(late) - 0.5 }, [])).toBe(false);
    expect(revocations.allows({ sub, iat: seconds(late) }, [])).toBe(true);
  });

  it('are asked for from where the last process stopped', async () => {
    authority.revoke('key', randomUUID());
    await open().poll();
    const asked: number[] = [];
    const next = new Revocations({
      dataSource,
      services: ['shop'],
      grace: 600_000,
      fetch: (after) => {
        asked.push(after);
        return authority.revocations(after);
      },
    });
    authority.revoke('key', randomUUID());
    await next.poll();
    expect(asked).toEqual([1, 2]);
  });

  it('are forgotten once no token can be that old', async () => {
    const sub = randomUUID();
    authority.revoke('principal', sub, new Date(now - 3 * 86_400_000));
    authority.revoke('key', randomUUID());
    const revocations = open();
    await revocations.poll();
    expect(await dataSource.query('SELECT kind FROM shop.revocation')).toEqual([{ kind: 'key' }]);
    expect(revocations.allows({ sub, iat: 1 }, [])).toBe(true);
  });

  it('are stale when the auth service was silent for longer than the grace', async () => {
    const revocations = open();
    expect(revocations.fresh).toBe(false);
    await revocations.poll();
    now += 599_000;
    expect(revocations.fresh).toBe(true);
    now += 2000;
    expect(revocations.fresh).toBe(false);
    jest.spyOn(authority, 'revocations').mockRejectedValueOnce(new Error('away'));
    await expect(revocations.poll()).rejects.toThrow('away');
    expect(revocations.fresh).toBe(false);
    await revocations.poll();
    expect(revocations.fresh).toBe(true);
  });
});
