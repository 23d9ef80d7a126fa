import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { Repository } from '../repository';
import { canRunEngine, DockerEngine } from './docker-engine';
import { describeClient, Stage } from './stage';

if (canRunEngine) describeClient('docker', ['docker', 'dockerd', 'containerd', 'runc'], dockerTests);
else test.skip('docker (it needs root to start an engine of its own)', () => {});

function dockerTests(stage: Stage): void {
  let engine: DockerEngine;
  beforeAll(async () => {
    engine = await DockerEngine.start(stage.desk);
    await login(stage.key.secret);
  });
  afterAll(() => engine?.stop());

  const docker = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await stage.desk.run('docker', ...args);
    return (stdout + stderr).trim();
  };
  const login = async (secret: string): Promise<string> => {
    const { host } = stage.suite;
    return (await stage.desk.runWith(secret, 'docker', 'login', '-u', stage.key.id, '--password-stdin', host)).stdout;
  };
  const idOf = (image: string): Promise<string> => docker('image', 'inspect', '--format', '{{.Id}}', image);

  /** A folder for `docker build` with that many files of fresh bytes, each of them a layer. */
  const layers = (count: number): string => {
    const folder = stage.desk.path(randomBytes(4).toString('hex'));
    mkdirSync(folder);
    const numbers = Array.from({ length: count }, (_, number) => number);
    for (const number of numbers) writeFileSync(`${folder}/file-${number}`, randomBytes(10_000));
    const adds = numbers.map((number) => `ADD file-${number} /file-${number}`);
    writeFileSync(`${folder}/Dockerfile`, ['FROM scratch', ...adds, 'CMD ["/file-0"]'].join('\n'));
    return folder;
  };

  /** Pushes what was built, forgets it, pulls it: the same image comes back. */
  const roundTrip = async (image: string): Promise<void> => {
    const before = await idOf(image);
    expect(await docker('push', image)).toMatch(/digest: sha256:[0-9a-f]{64} size: \d+/);
    await docker('image', 'rm', image);
    await expect(idOf(image)).rejects.toThrow(/No such image/i);
    await docker('pull', image);
    expect(await idOf(image)).toBe(before);
  };

  test('KEY-4: docker login takes an access key, and no wrong secret', async () => {
    expect(await login(stage.key.secret)).toContain('Login Succeeded');
    await expect(login(`${stage.key.secret.slice(0, -1)}!`)).rejects.toThrow(/unauthorized|incorrect|401/i);
  });

  test('OCI-3: docker pushes and pulls an image of one layer', async () => {
    await stage.desk.run('tar', '-C', layers(1), '-cf', stage.desk.path('one.tar'), '.');
    await docker('import', stage.desk.path('one.tar'), stage.named('one:1'));
    await roundTrip(stage.named('one:1'));
  });

  test('OCI-3: docker pushes and pulls an image of twenty layers', async () => {
    await docker('build', '-t', stage.named('twenty:1'), layers(20));
    await roundTrip(stage.named('twenty:1'));
  });

  test('OCI-3: docker pushes a multi-platform image and pulls each platform', async () => {
    const folder = layers(2);
    const image = stage.named('multi:1');
    const platforms = ['amd64', 'arm64'].map((name) => ({ name, image: stage.named(`multi:${name}`) }));
    for (const platform of platforms) {
      await docker('build', '--no-cache', '--platform', `linux/${platform.name}`, '-t', platform.image, folder);
      await docker('push', platform.image);
    }
    await docker('manifest', 'create', '--insecure', image, ...platforms.map((platform) => platform.image));
    await docker('manifest', 'push', '--insecure', '--purge', image);
    await docker('image', 'rm', ...platforms.map((platform) => platform.image));
    for (const { name } of platforms) {
      await docker('pull', '--platform', `linux/${name}`, image);
      expect(await docker('image', 'inspect', '--format', '{{.Os}}/{{.Architecture}}', image)).toBe(`linux/${name}`);
    }
  });

  test('OCI-3: docker mounts layers that another repository of the registry has', async () => {
    const [from, to] = [stage.named('mount-from:1'), stage.named('mount-to:1')];
    await docker('build', '-t', from, layers(3));
    await docker('push', from);
    await docker('tag', from, to);
    const said = await docker('push', to);
    expect(said.match(new RegExp(`Mounted from ${stage.registry.name}/mount-from`, 'g'))).toHaveLength(3);
    await docker('image', 'rm', from, to);
    await docker('pull', to);
  });

  test('OCI-3: docker cannot pull by tag or digest what was deleted by digest', async () => {
    const image = stage.named('deleted:1');
    await docker('build', '-t', image, layers(1));
    const [, digest = ''] = /digest: (sha256:[0-9a-f]{64})/.exec(await docker('push', image)) ?? [];
    await docker('image', 'rm', image);
    await new Repository(stage.suite, `${stage.registry.name}/deleted`, stage.key).expect(
      202,
      'DELETE',
      `manifests/${digest}`,
    );
    await expect(docker('pull', image)).rejects.toThrow(/manifest unknown|not found/);
    await expect(docker('pull', stage.named(`deleted@${digest}`))).rejects.toThrow(/manifest unknown|not found/);
  });

  test('REG-6: docker push to a registry that does not exist says so and creates none', async () => {
    const image = `${stage.suite.host}/no-such-registry/hello:1`;
    await docker('build', '-t', image, layers(1));
    await expect(docker('push', image)).rejects.toThrow(/does not exist|not found|denied|unknown/i);
    const { status } = await stage.suite.admin.send('GET', 'registries/no-such-registry');
    expect(status).toBe(404);
  });

  test('KEY-4: after docker logout nothing can be pushed or pulled any more', async () => {
    await docker('build', '-t', stage.named('after-logout:1'), layers(1));
    await docker('logout', stage.suite.host);
    await expect(docker('push', stage.named('after-logout:1'))).rejects.toThrow(
      /unauthorized|denied|no basic auth|authentication required/i,
    );
    await expect(docker('pull', stage.named('one:1'))).rejects.toThrow(/unauthorized|denied|authentication required/i);
    await login(stage.key.secret);
  });
}
