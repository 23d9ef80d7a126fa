import { PageView, ProblemDocument, RegistryView } from '@ncr/contracts';
import { image } from './content';
import { Repository } from './repository';
import { AccessKey, Session, Suite } from './suite';

let suite: Suite;
let key: AccessKey;
beforeAll(async () => {
  suite = await Suite.start();
  key = await suite.admin.createAccessKey();
}, 120_000);
afterAll(() => suite?.stop());

describe('REG-1: registries', () => {
  test('REG-1: one is created, listed, shown, changed and deleted', async () => {
    const name = Session.freshName('life');
    const made = await suite.admin.createRegistry(name);
    expect(made).toMatchObject({ name, purpose: 'normal', anonymousPull: false });
    expect(made.publicAddress).toMatch(new RegExp(`^[^/]+/${name}$`));
    const list = await suite.admin.call<PageView<RegistryView>>('GET', `registries?q=${name}`);
    expect(list.items.map((registry) => registry.id)).toEqual([made.id]);
    await suite.admin.call('PATCH', `registries/${name}`, { anonymousPull: true });
    const shown = await suite.admin.call<RegistryView>('GET', `registries/${name}`);
    expect(shown).toMatchObject({ id: made.id, anonymousPull: true });
    await suite.admin.call('DELETE', `registries/${name}?confirm=${name}`);
    expect((await suite.admin.send('GET', `registries/${name}`)).status).toBe(404);
  });

  test.each(['a', 'Team', 'a b', '-team', 'team-', 'te..am', 'te/am', 'tëam', 'x'.repeat(65)])(
    'REG-1: no registry is called %j',
    async (name) => {
      const answer = await suite.admin.send<ProblemDocument>('POST', 'registries', { name });
      expect(answer.status).toBe(400);
      expect(answer.body.fields?.map(({ field }) => field)).toEqual(['name']);
    },
  );

  test.each(['ab', 'x'.repeat(64), 'a1', 'a.b_c--d__e'])('REG-1: a registry may be called %j', async (name) => {
    await suite.admin.createRegistry(name);
  });

  test('REG-1: two registries of one name cannot be', async () => {
    const { name } = await suite.admin.createRegistry(Session.freshName('twice'));
    expect((await suite.admin.send('POST', 'registries', { name })).status).toBe(409);
  });

  test('REG-1: deleting needs the name typed again, and takes the content away', async () => {
    const { name } = await suite.admin.createRegistry(Session.freshName('deleted'));
    await new Repository(suite, `${name}/image`, key).push(image(), '1');
    expect((await suite.admin.send('DELETE', `registries/${name}`)).status).toBe(400);
    expect((await suite.admin.send('DELETE', `registries/${name}?confirm=other`)).status).toBe(400);
    await suite.admin.call('DELETE', `registries/${name}?confirm=${name}`);
    const after = await new Repository(suite, `${name}/image`, key).send('GET', 'manifests/1');
    expect([401, 404]).toContain(after.status);
  });

  test('REG-1: a change that was made on an older state is refused', async () => {
    const { name, version } = await suite.admin.createRegistry(Session.freshName('stale'));
    await suite.admin.call('PATCH', `registries/${name}`, { anonymousPull: true });
    const answer = await suite.admin.send(
      'PATCH',
      `registries/${name}`,
      { anonymousPull: false },
      { 'if-match': `"${version}"` },
    );
    expect(answer.status).toBe(412);
  });

  test('REG-1: registries come in pages, in order', async () => {
    const prefix = Session.freshName('page');
    for (const end of ['c', 'a', 'b']) await suite.admin.createRegistry(`${prefix}-${end}`);
    const first = await suite.admin.call<PageView<RegistryView>>('GET', `registries?q=${prefix}&limit=2`);
    const cursor = encodeURIComponent(first.next ?? '');
    const second = await suite.admin.call<PageView<RegistryView>>(
      'GET',
      `registries?q=${prefix}&limit=2&cursor=${cursor}`,
    );
    expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(
      ['a', 'b', 'c'].map((end) => `${prefix}-${end}`),
    );
    expect(second.next).toBeUndefined();
  });

  test('REG-6: a push never creates a registry', async () => {
    const name = Session.freshName('never');
    const answer = await new Repository(suite, `${name}/image`, key).send('POST', 'blobs/uploads/');
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ errors: [{ code: 'NAME_UNKNOWN' }] });
    expect((await suite.admin.send('GET', `registries/${name}`)).status).toBe(404);
  });
});

describe('REG-5: anonymous pull', () => {
  const pushed = image();
  let name: string;
  let stranger: Repository;
  beforeAll(async () => {
    ({ name } = await suite.admin.createRegistry(Session.freshName('open')));
    await new Repository(suite, `${name}/image`, key).push(pushed, '1');
  });
  beforeEach(() => {
    stranger = new Repository(suite, `${name}/image`);
  });
  const allow = (anonymousPull: boolean): Promise<unknown> =>
    suite.admin.call('PATCH', `registries/${name}`, { anonymousPull });
  /** Some other registry is open, so that a stranger gets a token at all. */
  const openAnother = (): Promise<unknown> =>
    suite.admin.createRegistry(Session.freshName('other'), { anonymousPull: true });

  test('REG-5: it is off until it is switched on', async () => {
    await openAnother();
    expect((await stranger.send('GET', 'manifests/1')).status).toBe(401);
  });

  test('REG-5: switched on, strangers pull what is there', async () => {
    await allow(true);
    expect((await stranger.pullManifest('1')).bytes).toEqual(pushed.manifest.bytes);
    expect(await stranger.pullBlob(pushed.blobs[0]?.descriptor.digest ?? '')).toEqual(pushed.blobs[0]?.bytes);
    expect(await stranger.tags()).toEqual(['1']);
  });

  test('REG-5: strangers neither push nor delete, and see no catalog', async () => {
    await allow(true);
    expect((await stranger.send('POST', 'blobs/uploads/')).status).toBe(401);
    expect((await stranger.send('DELETE', 'manifests/1')).status).toBe(401);
    expect((await fetch(`${suite.url}/v2/_catalog`)).status).toBe(401);
  });

  test('REG-5: docker, which asks /v2/ first, is still asked to log in', async () => {
    await allow(true);
    expect((await fetch(`${suite.url}/v2/`)).status).toBe(401);
  });

  test('REG-5: switched off, the token of a stranger opens nothing any more', async () => {
    await allow(true);
    await stranger.pullManifest('1');
    await allow(false);
    expect((await stranger.send('GET', 'manifests/1')).status).toBe(401);
  });
});
