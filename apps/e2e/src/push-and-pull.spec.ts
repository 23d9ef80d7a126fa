import { createHash, randomBytes } from 'node:crypto';
import { content, freshLayer, image, index, jsonContent, mediaTypes, sha256 } from './content';
import { octets, Repository, withQuery } from './repository';
import { AccessKey, Session, Suite } from './suite';

let suite: Suite;
let key: AccessKey;
let registry: string;
beforeAll(async () => {
  suite = await Suite.start();
  key = await suite.admin.createAccessKey();
  registry = (await suite.admin.createRegistry(Session.freshName('push'))).name;
}, 120_000);
afterAll(() => suite?.stop());

const repository = (name = Session.freshName('image')): Repository => new Repository(suite, `${registry}/${name}`, key);

describe('OCI-1: the distribution specification', () => {
  test('OCI-1: what was pushed is pulled by tag and by digest, byte for byte', async () => {
    const here = repository();
    const pushed = image([freshLayer(100_000), freshLayer(1)]);
    await here.push(pushed, 'latest');
    const { digest, mediaType } = pushed.manifest.descriptor;
    for (const reference of ['latest', digest]) {
      expect(await here.pullManifest(reference)).toEqual({ bytes: pushed.manifest.bytes, digest, mediaType });
    }
    for (const { bytes, descriptor } of pushed.blobs) expect(await here.pullBlob(descriptor.digest)).toEqual(bytes);
  });

  test('OCI-1: a HEAD says what the GET would', async () => {
    const here = repository();
    const { manifest, blobs } = image();
    await here.push({ manifest, blobs }, '1');
    const blob = blobs[0]?.descriptor.digest ?? '';
    for (const path of ['manifests/1', `manifests/${manifest.descriptor.digest}`, `blobs/${blob}`]) {
      const [head, get] = [await here.expect(200, 'HEAD', path), await here.expect(200, 'GET', path)];
      for (const name of ['content-length', 'content-type', 'docker-content-digest', 'etag']) {
        expect([path, name, head.headers.get(name)]).toEqual([path, name, get.headers.get(name)]);
      }
      await get.arrayBuffer();
    }
  });

  test('OCI-1: a blob is uploaded in chunks; a chunk out of order is refused and loses nothing', async () => {
    const here = repository();
    const bytes = randomBytes(1000);
    let { headers } = await here.expect(202, 'POST', 'blobs/uploads/');
    const patch = (from: number, to: number): Promise<Response> =>
      here.send('PATCH', headers.get('location') ?? '', {
        headers: { ...octets, 'content-range': `${from}-${to - 1}` },
        body: bytes.subarray(from, to),
      });
    const first = await patch(0, 400);
    expect([first.status, first.headers.get('range')]).toEqual([202, '0-399']);
    ({ headers } = first);
    expect((await patch(600, 1000)).status).toBe(416);
    const state = await here.expect(204, 'GET', headers.get('location') ?? '');
    expect(state.headers.get('range')).toBe('0-399');
    ({ headers } = state);
    const second = await patch(400, 1000);
    expect(second.status).toBe(202);
    const finish = withQuery(second.headers.get('location') ?? '', 'digest', sha256(bytes));
    await here.expect(201, 'PUT', finish);
    expect(await here.pullBlob(sha256(bytes))).toEqual(bytes);
  });

  test('OCI-1: one POST with the whole blob; sha512; and a wrong digest is refused', async () => {
    const here = repository();
    const bytes = randomBytes(500);
    const digest = `sha512:${createHash('sha512').update(bytes).digest('hex')}`;
    const whole = { headers: octets, body: bytes };
    await here.expect(201, 'POST', `blobs/uploads/?digest=${digest}`, whole);
    expect(await here.pullBlob(digest)).toEqual(bytes);
    const wrong = await here.expect(400, 'POST', `blobs/uploads/?digest=${sha256(randomBytes(8))}`, whole);
    expect(await wrong.json()).toMatchObject({ errors: [{ code: 'DIGEST_INVALID' }] });
  });

  test('OCI-1: parts of a blob are served by range', async () => {
    const here = repository();
    const blob = freshLayer(1000);
    await here.pushBlob(blob);
    const ask = (range: string): Promise<Response> =>
      here.send('GET', `blobs/${blob.descriptor.digest}`, { headers: { range } });
    const part = await ask('bytes=100-199');
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 100-199/1000']);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(blob.bytes.subarray(100, 200));
    expect(Buffer.from(await (await ask('bytes=-10')).arrayBuffer())).toEqual(blob.bytes.subarray(990));
    expect((await ask('bytes=1000-')).status).toBe(416);
  });

  test('OCI-1: a blob is mounted within a registry, and from another one that the token names', async () => {
    const blob = freshLayer();
    const source = repository();
    await source.pushBlob(blob);
    const mount = `blobs/uploads/?mount=${blob.descriptor.digest}&from=${source.name}`;
    const sibling = repository();
    const mounted = await sibling.expect(201, 'POST', mount);
    expect(mounted.headers.get('location')).toContain(`/v2/${sibling.name}/blobs/${blob.descriptor.digest}`);
    expect(await sibling.pullBlob(blob.descriptor.digest)).toEqual(blob.bytes);

    const other = await suite.admin.createRegistry(Session.freshName('other'));
    const stranger = new Repository(suite, `${other.name}/image`, key);
    await stranger.expect(202, 'POST', mount);
    const both = await suite.token([`repository:${stranger.name}:pull,push`, `repository:${source.name}:pull`], key);
    await stranger.expect(201, 'POST', mount, { headers: { authorization: `Bearer ${both}` } });
  });

  test('OCI-1: a manifest is refused when what it names is not there', async () => {
    const refused = await repository().expect(400, 'PUT', 'manifests/1', {
      headers: { 'content-type': mediaTypes.manifest },
      body: image().manifest.bytes,
    });
    expect(await refused.json()).toMatchObject({ errors: [{ code: 'MANIFEST_BLOB_UNKNOWN' }] });
  });

  test('OCI-1: tags are listed in order and in pages', async () => {
    const here = repository();
    const pushed = image();
    for (const tag of ['b', 'a', 'B', '1']) await here.push(pushed, tag);
    expect(await here.tags()).toEqual(['1', 'B', 'a', 'b']);
    const page = await here.expect(200, 'GET', 'tags/list?n=3');
    expect(((await page.json()) as { tags: string[] }).tags).toEqual(['1', 'B', 'a']);
    const [, next = ''] = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '') ?? [];
    expect(await (await here.expect(200, 'GET', next)).json()).toMatchObject({ tags: ['b'] });
  });

  test('OCI-1: what refers to a manifest is found, also when it came first, and can be filtered', async () => {
    const here = repository();
    const subject = image();
    const types = ['application/vnd.example.sbom', 'application/vnd.example.signature'];
    for (const artifactType of types) {
      const referrer = image([freshLayer()], { artifactType, subject: subject.manifest.descriptor });
      for (const blob of referrer.blobs) await here.pushBlob(blob);
      const answer = await here.pushManifest(referrer.manifest);
      expect(answer.headers.get('oci-subject')).toBe(subject.manifest.descriptor.digest);
    }
    await here.push(subject, '1');
    const list = async (query = ''): Promise<string[]> => {
      const answer = await here.expect(200, 'GET', `referrers/${subject.manifest.descriptor.digest}${query}`);
      expect(answer.headers.get('content-type')).toBe(mediaTypes.index);
      const { manifests } = (await answer.json()) as { manifests: { artifactType: string }[] };
      return manifests.map(({ artifactType }) => artifactType).sort();
    };
    expect(await list()).toEqual(types);
    expect(await list(`?artifactType=${types[0]}`)).toEqual([types[0]]);
  });

  test('OCI-1: deleting a tag leaves the manifest, deleting the manifest takes its tags', async () => {
    const here = repository();
    const pushed = image();
    for (const tag of ['1', '2']) await here.push(pushed, tag);
    await here.expect(202, 'DELETE', 'manifests/1');
    expect(await here.tags()).toEqual(['2']);
    await here.expect(202, 'DELETE', `manifests/${pushed.manifest.descriptor.digest}`);
    expect(await here.tags()).toEqual([]);
    await here.expect(404, 'GET', 'manifests/2');
  });

  test('OCI-1: the catalog lists the repositories that there are', async () => {
    const here = repository();
    await here.push(image(), '1');
    const token = await suite.token(['registry:catalog:*'], key);
    const answer = await fetch(`${suite.url}/v2/_catalog?n=1000`, { headers: { authorization: `Bearer ${token}` } });
    expect(((await answer.json()) as { repositories: string[] }).repositories).toContain(here.name);
  });
});

describe('OCI-2: names', () => {
  test('OCI-2: a repository name has up to 255 characters together with the host', async () => {
    const longestHost = `localhost:${new URL(suite.url).port}`;
    const room = 255 - `${longestHost}/${registry}/`.length;
    await repository('x'.repeat(room)).push(image(), '1');
    const tooLong = await repository('x'.repeat(room + 1)).send('POST', 'blobs/uploads/');
    expect(tooLong.status).toBe(400);
    expect(await tooLong.json()).toMatchObject({ errors: [{ code: 'NAME_INVALID' }] });
  });

  test.each(['a', 'a/b/c/d', 'a-b_c.d__e---f', '0'])('OCI-2: %j is an image name', async (name) => {
    await repository(name).push(image(), '1');
  });

  test.each(['A', 'a_', '-a', 'a..b', 'a___b', 'ä'])('OCI-2: %j is no image name', async (name) => {
    const token = await suite.token([`repository:${registry}/good:pull,push`], key);
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${suite.url}/v2/${registry}/${name}/blobs/uploads/`, { method: 'POST', headers });
    expect(answer.status).toBe(400);
  });

  test('OCI-2: a tag has up to 128 characters, capital letters among them', async () => {
    const here = repository();
    const tags = ['T', '_', 'v1.0-RC_2', 'X'.repeat(128)];
    for (const tag of tags) await here.push(image(), tag);
    expect(await here.tags()).toEqual(tags.sort());
    const { manifest } = image();
    for (const tag of ['X'.repeat(129), '.a', '-a']) {
      const headers = { 'content-type': mediaTypes.manifest };
      const answer = await here.send('PUT', `manifests/${tag}`, { headers, body: manifest.bytes });
      expect([tag, answer.status]).toEqual([tag, 400]);
    }
  });
});

describe('OCI-4: every kind of content', () => {
  test.each([
    ['a Helm chart', 'application/vnd.cncf.helm.config.v1+json', 'application/vnd.cncf.helm.chart.content.v1.tar+gzip'],
    ['a WebAssembly module', 'application/vnd.wasm.config.v0+json', 'application/wasm'],
    ['a model', 'application/vnd.cncf.model.config.v1+json', 'application/vnd.cncf.model.weight.v1.raw'],
    ['a statement', 'application/vnd.oci.empty.v1+json', 'application/vnd.in-toto+json'],
    ['a cosign signature', mediaTypes.config, 'application/vnd.dev.cosign.simplesigning.v1+json'],
    ['something unheard of', 'application/vnd.example.never-seen', 'x-unknown/x-unknown'],
  ])('OCI-4: %s is stored and comes back as it was', async (_, configType, layerType) => {
    const here = repository();
    const layer = content(layerType, randomBytes(50));
    const config = content(configType, Buffer.from('{}'));
    const manifest = jsonContent(mediaTypes.manifest, {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      artifactType: 'application/vnd.example.any',
      config: config.descriptor,
      layers: [layer.descriptor],
      annotations: { 'com.example.any': '…' },
    });
    await here.push({ blobs: [layer, config], manifest }, '1');
    expect((await here.pullManifest('1')).bytes).toEqual(manifest.bytes);
  });

  test('OCI-4: an index over images of several platforms, and a Docker manifest', async () => {
    const here = repository();
    const images = [image(), image()];
    for (const each of images) await here.push(each);
    const root = index(images.map(({ manifest }) => manifest.descriptor));
    await here.pushManifest(root, 'multi');
    expect(await here.pullManifest('multi')).toMatchObject({ bytes: root.bytes, mediaType: mediaTypes.index });
    const [config, layer] = [
      content('application/vnd.docker.container.image.v1+json', Buffer.from('{}')),
      freshLayer(),
    ];
    const docker = jsonContent(mediaTypes.dockerManifest, {
      schemaVersion: 2,
      mediaType: mediaTypes.dockerManifest,
      config: config.descriptor,
      layers: [{ ...layer.descriptor, mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' }],
    });
    await here.push({ blobs: [config, layer], manifest: docker }, 'docker');
    expect(await here.pullManifest('docker')).toMatchObject({
      bytes: docker.bytes,
      mediaType: mediaTypes.dockerManifest,
    });
  });
});
