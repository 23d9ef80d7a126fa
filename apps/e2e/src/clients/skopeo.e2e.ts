import { readdirSync } from 'node:fs';
import { Content } from '../content';
import { ImageLayout } from './image-layout';
import { describeClient, Stage } from './stage';

describeClient('skopeo', ['skopeo'], skopeoTests);

function skopeoTests(stage: Stage): void {
  const skopeo = async (...args: string[]): Promise<string> =>
    (await stage.desk.run('skopeo', '--insecure-policy', ...args)).stdout;
  const insecure = ['--src-tls-verify=false', '--dest-tls-verify=false'];
  const login = (secret: string): Promise<unknown> => {
    const { suite, key, desk } = stage;
    const args = ['login', '--tls-verify=false', '-u', key.id, '--password-stdin', suite.host];
    return desk.runWith(secret, 'skopeo', ...args);
  };
  const remote = (name: string): string => `docker://${stage.named(name)}`;

  /** Pushes an image for two platforms from a layout; gives its index. */
  const push = async (name: string): Promise<Content> => {
    const folder = stage.desk.path(`layout-${name.replace(/\W/g, '-')}`);
    const root = ImageLayout.writeMultiPlatform(folder);
    await skopeo('copy', '--all', ...insecure, `oci:${folder}:latest`, remote(name));
    return root;
  };

  beforeAll(() => login(stage.key.secret));

  test('KEY-4: skopeo login takes an access key, and no wrong secret', async () => {
    await expect(login('wrong')).rejects.toThrow(/unauthorized|invalid|incorrect/i);
    await login(stage.key.secret);
  });

  test('OCI-3: skopeo copies an image of several platforms in and out, byte for byte', async () => {
    const root = await push('copied:1');
    const out = stage.desk.path('out');
    await skopeo('copy', '--all', ...insecure, remote('copied:1'), `oci:${out}:1`);
    expect(ImageLayout.roots(out)[0]?.digest).toBe(root.descriptor.digest);
    expect(ImageLayout.readBlob(out, root.descriptor.digest)).toEqual(root.bytes);
  });

  test('OCI-3: skopeo copies between repositories and inspects the copy', async () => {
    const root = await push('from:1');
    await skopeo('copy', '--all', ...insecure, remote('from:1'), remote('to:1'));
    expect(await skopeo('inspect', '--tls-verify=false', '--raw', remote('to:1'))).toBe(root.bytes.toString());
    const shown = JSON.parse(
      await skopeo('inspect', '--tls-verify=false', '--override-arch=arm64', remote('to:1')),
    ) as { RepoTags: string[] };
    expect(shown.RepoTags).toEqual(['1']);
  });

  test('OCI-3: skopeo deletes an image', async () => {
    await push('deleted:1');
    await skopeo('delete', '--tls-verify=false', remote('deleted:1'));
    await expect(skopeo('inspect', '--tls-verify=false', '--raw', remote('deleted:1'))).rejects.toThrow(
      /manifest unknown/,
    );
  });

  test('OCI-3: skopeo sync --all takes every tag of a repository, and brings them into another', async () => {
    await push('synced:1');
    await push('synced:2');
    const folder = stage.desk.path('synced');
    const all = ['sync', '--all', ...insecure];
    await skopeo(...all, '--src', 'docker', '--dest', 'dir', stage.named('synced'), folder);
    expect(readdirSync(folder).sort()).toEqual(['synced:1', 'synced:2']);
    await skopeo(...all, '--src', 'dir', '--dest', 'docker', folder, stage.named('again'));
    const { Tags } = JSON.parse(await skopeo('list-tags', '--tls-verify=false', remote('again/synced'))) as {
      Tags: string[];
    };
    expect(Tags).toEqual(['1', '2']);
  });
}
