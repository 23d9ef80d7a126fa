import { setTimeout as sleep } from 'node:timers/promises';
import { freshLayer, image } from '../content';
import { octets, Repository, withQuery } from '../repository';
import { Session, Suite } from '../suite';
import { BigLayer, mebibyte } from './big-layer';
import { LayerClient } from './layer-client';
import { mebibytes, ResidentMemory, whyNoMeasurement } from './resident-memory';
import { openConnections, Stall, StalledClients } from './stalled-clients';

/** Mebibytes of what is pulled and pushed and never taken or sent to the end. */
const size = 100;
/** Seconds until the last of them must be gone: a minute is the pace, the rest is for a busy machine. */
const patience = 90;
/** Bytes that the crowd may cost, and that a second one may cost beyond that: nothing, but for chance. */
const allowed = { first: 256 * mebibyte, again: 64 * mebibyte };
/** Milliseconds that a normal client's round may take; it is slow when it waits for those that are stalled. */
const slow = 30_000;

const missing = whyNoMeasurement();

let suite: Suite;
let repository: Repository;
let layer: BigLayer;
let token: string;

beforeAll(async () => {
  if (missing !== undefined) return;
  suite = await Suite.start();
  const key = await suite.admin.createAccessKey();
  const name = `${(await suite.admin.createRegistry(Session.freshName('crowd'))).name}/image`;
  repository = new Repository(suite, name, key);
  token = await suite.token([`repository:${name}:pull,push`], key);
  layer = BigLayer.make(1, size)[0]!;
  await new LayerClient(suite.url, name, token).push(layer, 'PUT');
});
afterAll(() => suite?.stop());

/** A request's lines; without the empty one that ends them. */
function head(line: string, headers: Readonly<Record<string, string | number>> = {}): string {
  const all = { host: suite.host, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${lines.join('')}`;
}

/** A body that is announced and begins. */
function begun(method: string, path: string, headers: Readonly<Record<string, string | number>>): string {
  const all = { authorization: `Bearer ${token}`, 'content-length': size * mebibyte, ...headers };
  return `${head(`${method} ${path}`, all)}\r\n`;
}

async function uploads(count: number, method: string, sent: number): Promise<string[]> {
  const one = async (): Promise<string> => {
    const { headers } = await repository.expect(202, 'POST', 'blobs/uploads/');
    const path = withQuery(headers.get('location')!, 'digest', freshLayer().descriptor.digest);
    return begun(method, path, octets) + 'x'.repeat(sent);
  };
  return Promise.all(Array.from({ length: count }, one));
}

const times = (count: number, text: string): string[] => Array<string>(count).fill(text);

async function everyStall(): Promise<Stall[]> {
  const blob = begun('GET', `/v2/${repository.name}/blobs/${layer.digest}`, { 'content-length': 0 });
  const manifest = begun('PUT', `/v2/${repository.name}/manifests/stalled`, { 'content-length': 1000 });
  const json = { 'content-type': 'application/json', 'content-length': 1000 };
  const form = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': 1000 };
  const page = `${head('GET /api/docs/swagger-ui-bundle.js')}\r\n`;
  return [
    { name: 'nothing at all', sends: times(100, ''), reads: true },
    {
      name: 'a header, a byte in 10 s',
      sends: times(5000, head('GET /v2/') + 'x-slow: '),
      trickles: { text: 'x', every: 10_000 },
      reads: true,
    },
    { name: 'a pull that is not read', sends: times(100, blob), reads: false },
    { name: 'a PUT of a blob that stops', sends: await uploads(50, 'PUT', mebibyte), reads: true },
    {
      name: 'a PATCH of a blob, a byte a second',
      sends: await uploads(50, 'PATCH', 1),
      trickles: { text: 'x', every: 1000 },
      reads: true,
    },
    { name: 'a manifest that stops', sends: times(20, `${manifest}{`), reads: true },
    { name: 'a sign-in that stops', sends: times(20, `${begun('POST', '/api/v1/session', json)}{`), reads: true },
    { name: 'a request for a token that stops', sends: times(20, `${begun('POST', '/token', form)}a`), reads: true },
    { name: 'pages that are not read', sends: times(20, page.repeat(20)), reads: false },
  ];
}

/** Pushes and pulls as if nothing were the matter, until told to end. Gives how often, and the longest time in ms. */
async function normalClient(ending: AbortSignal): Promise<{ rounds: number; longest: number }> {
  let [rounds, longest] = [0, 0];
  for (; !ending.aborted; rounds++) {
    const began = performance.now();
    const pushed = image([freshLayer(mebibyte)]);
    await repository.push(pushed, 'normal');
    const { digest } = await repository.pullManifest('normal');
    const [blob] = pushed.blobs;
    const bytes = await repository.pullBlob(blob.descriptor.digest);
    expect([digest, bytes.equals(blob.bytes)]).toEqual([pushed.manifest.descriptor.digest, true]);
    await suite.admin.call('GET', 'registries');
    longest = Math.max(longest, performance.now() - began);
    await sleep(100);
  }
  return { rounds, longest };
}

/** Waits until all are cut off. Gives the seconds that it took for each kind; infinity for what still lives. */
async function lifetimes(crowd: readonly StalledClients[]): Promise<Map<string, number>> {
  const began = performance.now();
  const seconds = new Map(crowd.map(({ stall }) => [stall.name, Infinity]));
  for (let passed = 0; passed < patience && [...seconds.values()].includes(Infinity);) {
    await sleep(500);
    passed = (performance.now() - began) / 1000;
    const open = openConnections(Number(new URL(suite.url).port));
    for (const { stall, ports } of crowd) {
      if (seconds.get(stall.name) === Infinity && !ports.some((port) => open.has(port)))
        seconds.set(stall.name, passed);
    }
  }
  return seconds;
}

async function withCrowd<T>(work: (crowd: readonly StalledClients[]) => Promise<T>): Promise<T> {
  const crowd = (await everyStall()).map((stall) => new StalledClients(suite.url, stall));
  try {
    await Promise.all(crowd.map((clients) => clients.start()));
    return await work(crowd);
  } finally {
    for (const clients of crowd) clients.stop();
  }
}

(missing === undefined ? test : test.skip)(
  `AC-48: clients that stop sending or reading harm no other and are cut off${missing ? ` (skipped: ${missing})` : ''}`,
  async () => {
    // What normal clients cost is not the crowd's fault.
    await normalClient(AbortSignal.timeout(10_000));
    const memory = new ResidentMemory(suite.installation);
    const before = memory.now;
    memory.forgetPeak();
    const ending = new AbortController();
    const normal = normalClient(ending.signal);
    normal.catch(() => undefined); // reported below
    const { lived, most } = await withCrowd(async (crowd) => {
      const lived = await lifetimes(crowd);
      return { lived, most: Math.max(...(await Promise.all(crowd.map((clients) => clients.drain())))) };
    }).finally(() => ending.abort());
    const { rounds, longest } = await normal;
    const first = memory.peak;
    await withCrowd(() => sleep(5000));
    const again = memory.peak;
    console.log(
      `seconds until they were cut off: ${[...lived].map(([name, seconds]) => `${name}: ${seconds.toFixed()}`).join('; ')}\n` +
        `a normal client: ${rounds} rounds, the longest took ${longest.toFixed()} ms\n` +
        `memory: +${mebibytes(first - before)}, of a second crowd +${mebibytes(again - first)}`,
    );
    expect([...lived].filter(([, seconds]) => seconds > patience)).toEqual([]);
    expect(longest).toBeLessThan(slow);
    expect(most).toBeLessThan(size * mebibyte); // INV-4: nothing ended as if it were complete
    expect(first - before).toBeLessThan(allowed.first);
    expect(again - first).toBeLessThan(allowed.again);
  },
);
