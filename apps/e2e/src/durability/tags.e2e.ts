import { setTimeout as sleep } from 'node:timers/promises';
import { Content, index } from '../content';
import { chooseSeed, Random } from '../random';
import { Repository } from '../repository';
import { Session, Suite } from '../suite';
import { isShort } from './extent';
import { Ledger } from './ledger';

const seed = chooseSeed();
const clients = 8;
/** Rounds of so many milliseconds; after each all is still for a moment, and everybody must see the same. */
const rounds = isShort ? 4 : 20;
const length = 1500;
const tags = ['latest', 'stable'];

/** Moves, reads and deletes the tags until the time is over. */
async function play(
  repository: Repository,
  manifests: readonly Content[],
  ledger: Ledger,
  random: Random,
): Promise<void> {
  const until = performance.now() + length;
  while (performance.now() < until) {
    const tag = random.pick(tags);
    const dice = random.between(1, 100);
    if (dice <= 25) await move(repository, tag, random.pick(manifests), ledger);
    else if (dice <= 28) await remove(repository, tag, ledger);
    else await read(repository, tag, ledger, random.next() < 0.3 ? 'HEAD' : 'GET');
    if (random.next() < 0.05) await sleep(random.between(1, 30));
  }
}

async function move(
  repository: Repository,
  tag: string,
  { bytes, descriptor }: Content,
  ledger: Ledger,
): Promise<void> {
  const write = ledger.begin(`${repository.name}:${tag}`, 'write', descriptor.digest);
  const headers = { 'content-type': descriptor.mediaType };
  await (await repository.expect(201, 'PUT', `manifests/${tag}`, { headers, body: bytes })).arrayBuffer();
  ledger.answered(write);
}

/** A tag that is not there any more is as if it had been read. */
async function remove(repository: Repository, tag: string, ledger: Ledger): Promise<void> {
  const write = ledger.begin(`${repository.name}:${tag}`, 'write');
  const response = await repository.send('DELETE', `manifests/${tag}`);
  await response.arrayBuffer();
  if (response.status === 404) write.kind = 'read';
  else expect(response.status).toBe(202);
  ledger.answered(write);
}

async function read(repository: Repository, tag: string, ledger: Ledger, method: string): Promise<void> {
  const seen = ledger.begin(`${repository.name}:${tag}`, 'read');
  const response = await repository.send(method, `manifests/${tag}`);
  await response.arrayBuffer();
  expect([200, 404]).toContain(response.status);
  ledger.answered(seen, response.status === 200 ? (response.headers.get('docker-content-digest') ?? '') : undefined);
}

async function settle(repository: Repository, ledger: Ledger): Promise<void> {
  const now = new Map<string, string | undefined>();
  for (const tag of tags) {
    const response = await repository.send('HEAD', `manifests/${tag}`);
    now.set(`${repository.name}:${tag}`, response.headers.get('docker-content-digest') ?? undefined);
  }
  ledger.settle(now);
  expect(ledger.surprises.map(({ message }) => message)).toEqual([]);
}

describe.each([1, 2])('INV-2: with %d worker(s)', (workers) => {
  let suite: Suite;
  let repository: Repository;
  beforeAll(async () => {
    suite = await Suite.start({ NCR_WORKERS: String(workers) });
    const registry = await suite.admin.createRegistry(Session.freshName('tags'));
    repository = new Repository(suite, `${registry.name}/app`, await suite.admin.createAccessKey());
  });
  afterAll(() => suite?.stop());

  test(
    'reads of a tag that moves fit one order of all moves (linearizable)',
    async () => {
      console.log(`replay: NCR_E2E_SEED=${seed} npm run e2e -- durability -t INV-2`);
      const random = new Random(`tags ${seed} ${workers}`);
      const child = index([]);
      const manifests = Array.from({ length: 5 }, (_, i) =>
        index([{ ...child.descriptor, annotations: { number: `${i}` } }]),
      );
      for (const manifest of [child, ...manifests]) await repository.pushManifest(manifest);
      const ledger = new Ledger();
      for (let round = 1; round <= rounds; round++) {
        const playing = Array.from({ length: clients }, (_, i) =>
          play(repository, manifests, ledger, random.fork(`${round} ${i}`)),
        );
        await Promise.all(playing);
        await settle(repository, ledger);
      }
    },
    rounds * 30_000,
  );
});
