import { Content, freshLayer, Image, image, index, sha256 } from '../content';
import { connect } from '../database';
import { chooseSeed, Random } from '../random';
import { octets, Repository, withQuery } from '../repository';
import { Session, Suite } from '../suite';

const seed = chooseSeed();
const random = new Random(`contention ${seed}`);
let suite: Suite;
let repository: Repository;

beforeAll(async () => {
  suite = await Suite.start();
  const registry = await suite.admin.createRegistry(Session.freshName('contention'));
  repository = new Repository(suite, `${registry.name}/app`, await suite.admin.createAccessKey());
}, 60_000);
afterAll(() => suite?.stop());

/** As a client that finds nothing and sends everything. Gives each status that it got. */
async function push(content: Image, tag: string, choices: Random): Promise<number[]> {
  const statuses: number[] = [];
  const ask = async (method: string, path: string, headers = {}, body?: Buffer): Promise<Response> => {
    const response = await repository.send(method, path, { headers, ...(body && { body }) });
    statuses.push(response.status);
    return response;
  };
  for (const { bytes, descriptor } of choices.shuffled(content.blobs)) {
    const begun = await ask('POST', 'blobs/uploads/');
    await ask('PUT', withQuery(begun.headers.get('location') ?? '', 'digest', descriptor.digest), octets, bytes);
  }
  const { bytes, descriptor } = content.manifest;
  await ask('PUT', `manifests/${tag}`, { 'content-type': descriptor.mediaType }, bytes);
  return statuses;
}

async function pulled({ blobs, manifest }: Image): Promise<void> {
  expect((await repository.pullManifest(manifest.descriptor.digest)).bytes.equals(manifest.bytes)).toBe(true);
  for (const { descriptor } of blobs)
    expect(sha256(await repository.pullBlob(descriptor.digest))).toBe(descriptor.digest);
}

test(`FI-07: sixteen clients push the same image at once, and no one is refused (NCR_E2E_SEED=${seed})`, async () => {
  const content = image(Array.from({ length: 6 }, () => freshLayer(3000)));
  const clients = Array.from({ length: 16 }, (_, i) => push(content, 'same', random.fork(`same ${i}`)));
  expect(new Set((await Promise.all(clients)).flat())).toEqual(new Set([202, 201]));
  await pulled(content);
}, 60_000);

test(`FI-07: sixteen clients push images that overlap, and no one is refused (NCR_E2E_SEED=${seed})`, async () => {
  const pool: Content[] = Array.from({ length: 10 }, () => freshLayer(2000));
  const images = Array.from({ length: 16 }, (_, i) => image(random.fork(`layers ${i}`).shuffled(pool).slice(0, 6)));
  const tags = ['one', 'two'];
  const clients = images.map((content, i) => push(content, tags[i % 2], random.fork(`overlap ${i}`)));
  expect(new Set((await Promise.all(clients)).flat())).toEqual(new Set([202, 201]));
  for (const content of images) await pulled(content);
  const set = index(images.map(({ manifest }) => manifest.descriptor));
  const again = Array.from({ length: 8 }, (_, i) => repository.pushManifest(set, `set-${i % 2}`));
  await Promise.all(again);
  expect((await repository.pullManifest('set-1')).digest).toBe(set.descriptor.digest);
}, 60_000);

/** Two of seven changes of the table fail as PostgreSQL itself lets one fail whose transaction fits into no order. */
const failing = (table: string, state: string): string => `
  DROP SEQUENCE IF EXISTS public.fault;
  CREATE SEQUENCE public.fault;
  CREATE OR REPLACE FUNCTION public.fault() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF nextval('public.fault') % 7 IN (1, 2) THEN RAISE EXCEPTION 'made by the test' USING ERRCODE = '${state}'; END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER fault BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION public.fault()`;

const tables = ['blob', 'repository_blob', 'manifest', 'manifest_blob', 'tag', 'outbox'];

describe.each([
  ['serialization failure', '40001'],
  ['deadlock', '40P01'],
])('FI-07: a %s', (_, state) => {
  test.each(tables)('while %s is written is tried again, and happens once', async (name) => {
    const table = `registry.${name}`;
    const database = await connect(suite.installation);
    try {
      await database.query(failing(table, state));
      const content = image([freshLayer(100)]);
      const tag = Session.freshName('tag');
      expect(await push(content, tag, random)).toEqual([202, 201, 202, 201, 201]);
      await pulled(content);
      const pushes = `SELECT count(*)::int AS count FROM registry.outbox WHERE subject LIKE 'event.registry.manifest.pushed%' AND payload::text LIKE $1`;
      const { rows } = await database.query<{ count: number }>(pushes, [`%${tag}%`]);
      expect(rows).toEqual([{ count: 1 }]);
    } finally {
      await database.query(`DROP TRIGGER IF EXISTS fault ON ${table}`);
      await database.end();
    }
  });
});
