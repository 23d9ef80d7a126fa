import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { registryChanged, registryCreated, registryDeleted } from '@ncr/contracts';
import { publish } from '@ncr/messaging';
import { Registry } from './registry.entity';
import { TestAuth } from '../testing';
import { learnRegistry } from './registries';

describe('what auth knows of registries', () => {
  let auth: TestAuth;

  beforeAll(async () => {
    auth = await TestAuth.start();
  }, 60_000);
  afterAll(() => auth.stop());

  const known = (id: string) => auth.db.manager.findOneBy(Registry, { id });

  it('comes by event where no call came', async () => {
    const id = randomUUID();
    const facts = { id, name: 'by-event', anonymousPull: false };
    await auth.db.transaction((tx) => publish(tx, registryCreated, id, { ...facts, version: 1 }));
    await auth.db.transaction((tx) => publish(tx, registryChanged, id, { ...facts, anonymousPull: true, version: 2 }));
    await auth.db.transaction((tx) => publish(tx, registryDeleted, id, { ...facts, version: 3, deleted: true }));
    for (let i = 0; i < 100 && (await known(id))?.version !== 3; i++) await setTimeout(100);
    expect(await known(id)).toMatchObject({ name: 'by-event', deleted: true, version: 3 });
  }, 20_000);

  it('is the same when news comes twice, or late', async () => {
    const id = randomUUID();
    const facts = { id, name: 'twice', anonymousPull: true };
    const learn = (version: number, anonymousPull: boolean) =>
      auth.db.transaction((tx) => learnRegistry(tx, { ...facts, anonymousPull, version }));
    await learn(2, false);
    await learn(2, false);
    await learn(1, true);
    expect(await known(id)).toMatchObject({ version: 2, anonymousPull: false });
  });
});
