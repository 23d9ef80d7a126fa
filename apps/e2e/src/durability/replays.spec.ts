import { Content, freshLayer } from '../content';
import { connect } from '../database';
import { octets, Repository, Request, withQuery } from '../repository';
import { Session, Suite } from '../suite';

let suite: Suite;
let repository: Repository;

beforeAll(async () => {
  suite = await Suite.start();
  const registry = await suite.admin.createRegistry(Session.freshName('replays'));
  repository = new Repository(suite, `${registry.name}/app`, await suite.admin.createAccessKey());
}, 60_000);
afterAll(() => suite?.stop());

type Step = [method: string, path: string, request: Request];

/** The requests of one push, in their order: a start, two pieces, the end. `last` decides what becomes of it. */
async function play(
  layer: Content,
  last: 'finish' | 'cancel' | 'abandon',
): Promise<{ steps: Step[]; location: string }> {
  const begun = await repository.expect(202, 'POST', 'blobs/uploads/');
  const location = begun.headers.get('location') ?? '';
  const half = layer.bytes.length / 2;
  const piece = (from: number, to: number): Request => ({
    headers: { ...octets, 'content-range': `${from}-${to - 1}` },
    body: layer.bytes.subarray(from, to),
  });
  const steps: Step[] = [
    ['PATCH', location, piece(0, half)],
    ['PATCH', location, piece(half, layer.bytes.length)],
  ];
  for (const [method, path, request] of steps) await repository.expect(202, method, path, request);
  const finish: Step = ['PUT', withQuery(location, 'digest', layer.descriptor.digest), { headers: octets }];
  const cancel: Step = ['DELETE', location, {}];
  if (last === 'finish') await repository.expect(201, ...finish);
  if (last === 'cancel') await repository.expect(204, ...cancel);
  const other = freshLayer(2000);
  steps.push(['GET', location, {}], ['PATCH', location, { headers: octets, body: 'more' }], cancel, finish);
  steps.push(['PUT', withQuery(location, 'digest', other.descriptor.digest), { headers: octets, body: other.bytes }]);
  return { steps, location };
}

const statuses = async (steps: readonly Step[]): Promise<[string, number][]> => {
  const found: [string, number][] = [];
  for (const [method, path, request] of steps)
    found.push([method, (await repository.send(method, path, request)).status]);
  return found;
};
const unknown = ['PATCH', 'PATCH', 'GET', 'PATCH', 'DELETE', 'PUT', 'PUT'].map((method) => [method, 404]);

/** With one worker requests run into each other, too. */
async function allAtOnce(steps: readonly Step[]): Promise<number[]> {
  const copies = [...steps, ...steps, ...steps];
  return Promise.all(copies.map(async (step) => (await repository.send(...step)).status));
}

describe('every request of an upload, sent again', () => {
  test('finished: only its own end is confirmed once more, and the blob stays what it is', async () => {
    const layer = freshLayer(2000);
    const { steps } = await play(layer, 'finish');
    const confirmed = unknown.map(([method], i) => [method, i === 5 ? 201 : 404]);
    expect(await statuses(steps)).toEqual(confirmed);
    expect(await statuses(steps.toReversed())).toEqual(confirmed.toReversed());
    expect(new Set(await allAtOnce(steps))).toEqual(new Set([404, 201]));
    expect((await repository.pullBlob(layer.descriptor.digest)).equals(layer.bytes)).toBe(true);
    await suite.restart();
    expect(await statuses(steps)).toEqual(confirmed);
    expect((await repository.pullBlob(layer.descriptor.digest)).equals(layer.bytes)).toBe(true);
  }, 60_000);

  test('cancelled: it is unknown, and nothing comes of it', async () => {
    const layer = freshLayer(2000);
    const { steps } = await play(layer, 'cancel');
    expect(await statuses(steps)).toEqual(unknown);
    expect(new Set(await allAtOnce(steps))).toEqual(new Set([404]));
    await repository.expect(404, 'GET', `blobs/${layer.descriptor.digest}`);
  });

  test('expired after a day without a byte: it is unknown, and nothing comes of it', async () => {
    const layer = freshLayer(2000);
    const { steps } = await play(layer, 'abandon');
    const database = await connect(suite.installation);
    try {
      await database.query(`UPDATE registry.upload SET state = 'expired' WHERE state = 'open'`);
    } finally {
      await database.end();
    }
    expect(await statuses(steps)).toEqual(unknown);
    expect(new Set(await allAtOnce(steps))).toEqual(new Set([404]));
    await repository.expect(404, 'GET', `blobs/${layer.descriptor.digest}`);
  });
});

describe('of requests that exclude each other one wins', () => {
  const begin = async (): Promise<string> => {
    const begun = await repository.expect(202, 'POST', 'blobs/uploads/');
    return begun.headers.get('location') ?? '';
  };
  const repeat = <T>(times: number, work: () => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: times }, work));

  test('two first bytes of one upload: the loser is told where it stands, and no byte of it stays', async () => {
    for (let round = 0; round < 30; round++) {
      const location = await begin();
      const pieces = [freshLayer(3000), freshLayer(5000)];
      const answers = await Promise.all(
        pieces.map(({ bytes }) => repository.send('PATCH', location, { headers: octets, body: bytes })),
      );
      const won = answers.findIndex(({ status }) => status === 202);
      // One after the other is possible, too: the second is then a second piece.
      if (answers.every(({ status }) => status === 202)) {
        const status = await repository.expect(204, 'GET', location);
        expect(status.headers.get('range')).toBe('0-7999');
        continue;
      }
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 416]));
      const winner = pieces[won] ?? pieces[0];
      await repository.expect(201, 'PUT', withQuery(location, 'digest', winner.descriptor.digest), { headers: octets });
      expect((await repository.pullBlob(winner.descriptor.digest)).equals(winner.bytes)).toBe(true);
    }
  });

  test('two ends of one upload with different contents: one blob, and it is whole', async () => {
    for (let round = 0; round < 30; round++) {
      const location = await begin();
      const contents = [freshLayer(3000), freshLayer(5000)];
      const answers = await Promise.all(
        contents.map(({ bytes, descriptor }) =>
          repository.send('PUT', withQuery(location, 'digest', descriptor.digest), { headers: octets, body: bytes }),
        ),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect([404, 416]).toContain(answers.find(({ status }) => status !== 201)?.status);
      for (const [i, { bytes, descriptor }] of contents.entries()) {
        const found = await repository.send('GET', `blobs/${descriptor.digest}`);
        expect(found.status).toBe(answers[i].status === 201 ? 200 : 404);
        if (found.status === 200) expect(Buffer.from(await found.arrayBuffer()).equals(bytes)).toBe(true);
      }
    }
  });

  test('the same end many times at once: confirmed or told to wait, and the blob is whole', async () => {
    const layer = freshLayer(20_000);
    const location = await begin();
    await repository.expect(202, 'PATCH', location, { headers: octets, body: layer.bytes });
    const path = withQuery(location, 'digest', layer.descriptor.digest);
    const answers = await repeat(10, () => repository.send('PUT', path, { headers: octets }));
    expect(answers.map(({ status }) => status)).toContain(201);
    expect([201, 416]).toEqual(expect.arrayContaining([...new Set(answers.map(({ status }) => status))]));
    expect((await repository.pullBlob(layer.descriptor.digest)).equals(layer.bytes)).toBe(true);
  });

  test('an end and a cancellation at once: whatever was answered 201 is there', async () => {
    for (let round = 0; round < 30; round++) {
      const layer = freshLayer(3000);
      const location = await begin();
      const [end] = await Promise.all([
        repository.send('PUT', withQuery(location, 'digest', layer.descriptor.digest), {
          headers: octets,
          body: layer.bytes,
        }),
        repository.send('DELETE', location),
      ]);
      const found = await repository.send('GET', `blobs/${layer.descriptor.digest}`);
      expect(found.status).toBe(end.status === 201 ? 200 : 404);
    }
  });
});
