import { Repository } from '../repository';
import { chooseSeed, Random } from '../random';
import { Suite } from '../suite';
import { processOf, Strike, whyNoInterception } from '../system-calls';
import { isShort } from './extent';
import { Interrupted, Ledger } from './ledger';
import { LoadClient } from './load-client';
import { shapes } from './transfer';
import { verify } from './verification';

const seed = chooseSeed();
const random = new Random(`points ${seed}`);
const missing = whyNoInterception();
/** What a push asks the operating system for: files, their durability, and messages to PostgreSQL and to the client. */
const calls = ['openat', 'pwrite64', 'fdatasync', 'fsync', 'write', 'writev'] as const;
const stride = isShort ? 8 : 1;

let suite: Suite;
let repositories: Repository[];
let client: LoadClient;
const ledger = new Ledger();

const scenarios: [string, () => Promise<unknown>][] = [
  ...shapes.map((shape): [string, () => Promise<unknown>] => [
    `a blob (${shape})`,
    () => client.pushBlob(repositories[0], random.bytes(5000), shape),
  ]),
  ['an image with its tags', () => client.pushImage(repositories[0])],
  ['a mount', () => client.mount(repositories[1])],
];

async function restart(): Promise<void> {
  await suite.kill();
  ledger.everythingEnded();
  await suite.restart();
  ledger.dying = false;
}

/** Pushes once while the worker dies at the n-th call; false when the push makes fewer. Then what was promised is checked. */
async function diesAt(push: () => Promise<unknown>, call: string, n: number): Promise<boolean> {
  await push(); // connections and statements are there
  ledger.round++;
  const strike = await Strike.at(processOf(suite.installation.processes, 'worker.js'), call, n);
  ledger.dying = true;
  const interrupted = await push().then(
    () => false,
    (error: unknown) => {
      if (!(error instanceof Interrupted)) throw error;
      return true;
    },
  );
  const struck = await strike.end();
  if (interrupted && !struck) throw new Error('a request failed although nobody was killed');
  if (!struck) {
    ledger.dying = false;
    return false;
  }
  await restart();
  await client.resume();
  await push();
  await verify(ledger, repositories, ledger.round);
  return true;
}

(missing === undefined ? describe : describe.skip)(
  `FI-02, INV-1: a SIGKILL before any system call of a push${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    beforeAll(async () => {
      console.log(`replay: NCR_E2E_SEED=${seed} npm run e2e -- durability -t FI-02`);
      // One thread for files, so that what happens in threads is counted as well.
      suite = await Suite.start({ NCR_TOKEN_LIFETIME: '12h', UV_THREADPOOL_SIZE: '1' });
      await suite.admin.createRegistry('points');
      const key = await suite.admin.createAccessKey();
      repositories = ['one', 'two'].map((image) => new Repository(suite, `points/${image}`, key));
      const scopes = repositories.map(({ name }) => `repository:${name}:pull,push`);
      const mounting = `Bearer ${await suite.token(scopes, key)}`;
      client = new LoadClient(0, { repositories, mounting }, ledger, random.fork('client'));
    });
    afterAll(() => suite?.stop());

    test.each(scenarios)(
      '%s: what was acknowledged is there, the rest is complete or absent, and the client can go on',
      async (name, push) => {
        const points: string[] = [];
        for (const call of calls) {
          let deaths = 0;
          for (let n = isShort ? random.between(1, stride) : 1; await diesAt(push, call, n); n += stride) deaths++;
          points.push(`${deaths} × ${call}`);
        }
        console.log(`${name}: died before ${points.join(', ')}`);
        expect(ledger.surprises).toEqual([]);
      },
      60 * 60_000,
    );
  },
);
