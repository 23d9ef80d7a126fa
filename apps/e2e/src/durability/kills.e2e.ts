import { setTimeout as sleep } from 'node:timers/promises';
import { Repository } from '../repository';
import { chooseSeed, Random } from '../random';
import { Suite } from '../suite';
import { kills } from './extent';
import { Ledger } from './ledger';
import { LoadClient } from './load-client';
import { verify } from './verification';

const clients = 6;
/** Milliseconds within which it must be ready again. */
const readyWithin = 10_000;
/** One kill in so many comes while the suite is still starting. */
const killsOfStarts = 10;

const seed = chooseSeed();
const random = new Random(`kills ${seed}`);
const replay = `NCR_E2E_SEED=${seed} NCR_E2E_KILLS=${kills} npm run e2e -- durability -t FI-01`;
let suite: Suite;
let repositories: Repository[];
let mounting: string;
const ledger = new Ledger();
const starts: number[] = [];

beforeAll(async () => {
  suite = await Suite.start({ NCR_TOKEN_LIFETIME: '12h' });
  const registry = 'durable';
  await suite.admin.createRegistry(registry);
  const key = await suite.admin.createAccessKey();
  repositories = ['one', 'two', 'three/deep'].map((image) => new Repository(suite, `${registry}/${image}`, key));
  // Tokens first: they outlive every kill.
  for (const repository of repositories) await repository.send('GET', 'tags/list');
  const scopes = repositories.map(({ name }) => `repository:${name}:pull,push`);
  mounting = `Bearer ${await suite.token(scopes, key)}`;
});
afterAll(() => suite?.stop());

/** Ends everything that runs, while it starts, if so chosen, and gives the milliseconds of the start that succeeded. */
async function killAndStart(): Promise<number> {
  ledger.dying = true;
  await suite.kill();
  ledger.everythingEnded();
  if (random.between(1, killsOfStarts) === 1) {
    const start = suite.restart().catch(() => 0);
    await sleep(random.between(50, 4000));
    await suite.kill();
    await start;
  }
  const took = await suite.restart();
  ledger.dying = false;
  return took;
}

async function round(loops: readonly LoadClient[]): Promise<void> {
  ledger.round++;
  const running = loops.map((client) => client.run());
  await sleep(random.magnitude(20, 3000));
  const restarted = killAndStart();
  await Promise.all(running);
  starts.push(await restarted);
  await verify(ledger, repositories, ledger.round - 1);
  if (ledger.surprises.length > 0) {
    throw new Error(
      `${replay}\nround ${ledger.round}:\n${ledger.surprises.map(({ message }) => message).join('\n\n')}`,
    );
  }
}

test(
  `FI-01, INV-1, INV-2, F-07: nothing acknowledged is lost by ${kills} SIGKILLs of the whole suite, and it is ready within 10 s`,
  async () => {
    console.log(`replay: ${replay}`);
    const place = { repositories, mounting };
    const loops = Array.from({ length: clients }, (_, i) => new LoadClient(i, place, ledger, random.fork(i)));
    for (let kill = 1; kill <= kills; kill++) await round(loops);
    await verify(ledger, repositories);
    expect(ledger.surprises).toEqual([]);
    console.log(summary());
    expect(quantile(0.9)).toBeLessThan(readyWithin);
  },
  kills * 30_000 + 120_000,
);

/** Of the starts: somebody else may have the machine for a moment, so the longest one says little. */
function quantile(part: number): number {
  const ordered = [...starts].sort((a, b) => a - b);
  return ordered[Math.ceil(ordered.length * part) - 1] ?? Infinity;
}

function summary(): string {
  const of = (list: readonly { acknowledged: boolean }[]): string =>
    `${list.filter(({ acknowledged }) => acknowledged).length} acknowledged of ${list.length}`;
  return `blobs: ${of(ledger.blobs)}; manifests: ${of(ledger.manifests)}; start in ms: median ${quantile(0.5).toFixed()}, nine of ten within ${quantile(0.9).toFixed()}, longest ${quantile(1).toFixed()}`;
}
