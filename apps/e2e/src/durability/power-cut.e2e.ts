import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chooseSeed, Random } from '../random';
import { Repository } from '../repository';
import { Suite } from '../suite';
import { isShort } from './extent';
import { Ledger } from './ledger';
import { LoadClient } from './load-client';
import { PowerSupply } from './power';
import { verify } from './verification';

const cuts = isShort ? 3 : 15;
const clients = 4;
const seed = chooseSeed();
const random = new Random(`power ${seed}`);
const ledger = new Ledger();
const missing = PowerSupply.missing('/var/tmp');
let suite: Suite;
let power: PowerSupply | undefined;

afterAll(async () => {
  await suite?.installation.end();
  power?.disconnect();
  await suite?.stop();
});

(missing === undefined ? test : test.skip)(
  `FI-03, INV-1: nothing acknowledged is lost by ${cuts} power cuts of disk and database${missing ? ` (${missing})` : ''}`,
  async () => {
    console.log(`replay: NCR_E2E_SEED=${seed} npm run e2e -- durability -t FI-03`);
    suite = await Suite.start({ NCR_TOKEN_LIFETIME: '12h' });
    await suite.admin.createRegistry('powered');
    const key = await suite.admin.createAccessKey();
    const repositories = ['one', 'two'].map((image) => new Repository(suite, `powered/${image}`, key));
    const mounting = `Bearer ${await suite.token(
      repositories.map(({ name }) => `repository:${name}:pull,push`),
      key,
    )}`;
    await suite.installation.end();
    power = PowerSupply.connect(suite.installation.data, dirname(suite.installation.data));
    await suite.installation.start();
    const place = { repositories, mounting };
    const loops = Array.from({ length: clients }, (_, i) => new LoadClient(i, place, ledger, random.fork(i)));
    for (let cut = 1; cut <= cuts; cut++) {
      ledger.round++;
      const running = loops.map((client) => client.run());
      await sleep(random.between(500, 4000));
      ledger.dying = true;
      await suite.kill();
      power.cut();
      ledger.everythingEnded();
      await suite.installation.start();
      ledger.dying = false;
      await Promise.all(running);
      await verify(ledger, repositories, ledger.round - 1);
      expect(ledger.surprises).toEqual([]);
    }
    await verify(ledger, repositories);
    expect(ledger.surprises).toEqual([]);
    const acknowledged = [...ledger.blobs, ...ledger.manifests].filter((one) => one.acknowledged);
    console.log(`${acknowledged.length} blobs and manifests were acknowledged, and all are there`);
  },
  60_000 + cuts * 60_000,
);
