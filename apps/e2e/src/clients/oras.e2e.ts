import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { describeClient, Stage } from './stage';

interface Referrers {
  readonly referrers?: readonly { readonly digest: string; readonly artifactType: string }[];
}

describeClient('oras', ['oras'], orasTests);

function orasTests(stage: Stage): void {
  const oras = async (...args: string[]): Promise<string> =>
    (await stage.desk.run('oras', ...args, '--plain-http')).stdout;
  const login = (secret: string): Promise<unknown> => {
    const { suite, key, desk } = stage;
    return desk.runWith(secret, 'oras', 'login', '--plain-http', '-u', key.id, '--password-stdin', suite.host);
  };
  const write = (name: string): Buffer => {
    const bytes = randomBytes(20_000);
    writeFileSync(stage.desk.path(name), bytes);
    return bytes;
  };
  const digestOf = async (reference: string): Promise<string> => (await oras('resolve', stage.named(reference))).trim();
  const referrersOf = async (reference: string): Promise<string[]> => {
    const found = JSON.parse(await oras('discover', '--format', 'json', stage.named(reference))) as Referrers;
    return (found.referrers ?? []).map(({ artifactType }) => artifactType).sort();
  };
  const tagsOf = async (image: string): Promise<string[]> =>
    (await oras('repo', 'tags', stage.named(image))).split('\n').filter((line) => line !== '');

  beforeAll(() => login(stage.key.secret));

  test('KEY-4: oras login takes an access key, and no wrong secret', async () => {
    await expect(login('wrong')).rejects.toThrow(/401|unauthorized/i);
    await login(stage.key.secret);
  });

  test('OCI-3: oras pushes files and pulls the same bytes', async () => {
    const bytes = write('model.bin');
    await oras(
      'push',
      stage.named('files:1'),
      '--artifact-type',
      'application/vnd.example.model',
      'model.bin:application/octet-stream',
    );
    await oras('pull', stage.named('files:1'), '-o', stage.desk.path('pulled'));
    expect(readFileSync(stage.desk.path('pulled/model.bin'))).toEqual(bytes);
  });

  test('OCI-3: oras attaches and discovers referrers by the API, without a fallback tag', async () => {
    for (const name of ['subject.txt', 'sbom.json', 'signature.sig']) write(name);
    await oras('push', stage.named('subject:1'), 'subject.txt');
    await oras('attach', stage.named('subject:1'), '--artifact-type', 'application/vnd.example.sbom', 'sbom.json');
    await oras(
      'attach',
      stage.named('subject:1'),
      '--artifact-type',
      'application/vnd.example.signature',
      'signature.sig',
    );
    expect(await referrersOf('subject:1')).toEqual([
      'application/vnd.example.sbom',
      'application/vnd.example.signature',
    ]);
    expect(await tagsOf('subject')).toEqual(['1']);
  });

  test('OCI-3: oras cp -r copies an artifact with its referrers, without a fallback tag', async () => {
    for (const name of ['original.txt', 'statement.json']) write(name);
    await oras('push', stage.named('original:1'), 'original.txt');
    await oras(
      'attach',
      stage.named('original:1'),
      '--artifact-type',
      'application/vnd.example.statement',
      'statement.json',
    );
    const { desk } = stage;
    await desk.run(
      'oras',
      'cp',
      '-r',
      '--from-plain-http',
      '--to-plain-http',
      stage.named('original:1'),
      stage.named('copy:1'),
    );
    expect(await digestOf('copy:1')).toBe(await digestOf('original:1'));
    expect(await referrersOf('copy:1')).toEqual(['application/vnd.example.statement']);
    expect(await tagsOf('copy')).toEqual(['1']);
  });

  test('OCI-3: oras deletes a manifest and its tags', async () => {
    write('deleted.txt');
    await oras('push', stage.named('deleted:1,2'), 'deleted.txt');
    await oras('manifest', 'delete', '-f', stage.named('deleted:1'));
    await expect(oras('manifest', 'fetch', stage.named('deleted:2'))).rejects.toThrow(/not found/i);
  });
}
