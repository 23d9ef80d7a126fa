import { Content } from '../content';
import { ImageLayout } from './image-layout';
import { describeClient, Stage } from './stage';

describeClient('crane', ['crane'], craneTests);

function craneTests(stage: Stage): void {
  const crane = async (...args: string[]): Promise<string> =>
    (await stage.desk.run('crane', '--insecure', ...args)).stdout.trim();
  const lines = async (...args: string[]): Promise<string[]> => (await crane(...args)).split('\n');
  const login = (): Promise<unknown> => {
    const { suite, key, desk } = stage;
    return desk.runWith(key.secret, 'crane', 'auth', 'login', suite.host, '-u', key.id, '--password-stdin');
  };

  /** Pushes an image for two platforms from a layout; gives its index. */
  const push = async (name: string): Promise<Content> => {
    const folder = stage.desk.path(`layout-${name.replace(/\W/g, '-')}`);
    const root = ImageLayout.writeMultiPlatform(folder);
    await crane('push', folder, stage.named(name));
    return root;
  };

  beforeAll(login);

  test('KEY-4: crane auth login takes an access key; without it, nothing may be pushed', async () => {
    await crane('auth', 'logout', stage.suite.host);
    await expect(push('refused:1')).rejects.toThrow(/unauthorized/i);
    await login();
    await push('accepted:1');
  });

  test('OCI-3: crane pushes and pulls, and validate --remote finds every byte right', async () => {
    const root = await push('pushed:1');
    expect(await crane('digest', stage.named('pushed:1'))).toBe(root.descriptor.digest);
    expect(await crane('manifest', stage.named('pushed:1'))).toBe(root.bytes.toString());
    const folder = stage.desk.path('pulled');
    await crane('pull', '--format=oci', stage.named('pushed:1'), folder);
    expect(ImageLayout.roots(folder).map(({ digest }) => digest)).toEqual([root.descriptor.digest]);
    await crane('validate', '--remote', stage.named('pushed:1'));
  });

  test('OCI-3: crane copies between repositories and lists tags in order', async () => {
    const root = await push('copied:b');
    for (const tag of ['a', 'C', 'latest']) await crane('copy', stage.named('copied:b'), stage.named(`copy:${tag}`));
    expect(await lines('ls', stage.named('copy'))).toEqual(['C', 'a', 'latest']);
    expect(await crane('digest', stage.named('copy:latest'))).toBe(root.descriptor.digest);
    await crane('validate', '--remote', stage.named('copy:latest'));
  });

  test('OCI-3: crane catalog shows the repositories that its user may see', async () => {
    await push('in-the-catalog:1');
    expect(await lines('catalog', stage.suite.host)).toContain(`${stage.registry.name}/in-the-catalog`);
  });

  test('OCI-3: crane deletes a tag, then the manifest', async () => {
    const root = await push('deleted:1');
    await crane('tag', stage.named('deleted:1'), '2');
    await crane('delete', stage.named('deleted:1'));
    expect(await lines('ls', stage.named('deleted'))).toEqual(['2']);
    await crane('delete', stage.named(`deleted@${root.descriptor.digest}`));
    await expect(crane('manifest', stage.named('deleted:2'))).rejects.toThrow(/MANIFEST_UNKNOWN/);
  });
}
