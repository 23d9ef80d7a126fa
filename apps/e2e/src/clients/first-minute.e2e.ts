import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { admin } from '../suite';
import { canRunEngine, DockerEngine } from './docker-engine';
import { describeClient, Stage } from './stage';

if (canRunEngine)
  describeClient('the first minute', ['docker', 'dockerd', 'helm3', 'oras', 'curl', 'bash'], firstMinute);
else test.skip('the first minute (it needs root to start a docker engine of its own)', () => {});

/** What a person is told to type does what it says, typed as it is printed. */
function firstMinute(stage: Stage): void {
  let engine: DockerEngine;
  beforeAll(async () => {
    const { desk } = stage;
    engine = await DockerEngine.start(desk);
    // What everybody has on their machine, here without a way to the outside.
    writeFileSync(desk.path('hello'), randomBytes(1000));
    await desk.run('tar', '-cf', desk.path('hello.tar'), '-C', desk.folder, 'hello');
    await desk.run('docker', 'import', desk.path('hello.tar'), 'hello-world');
  });
  afterAll(() => engine?.stop());

  /** Runs lines one after the other in one shell; the first that fails ends it. Only a terminal is asked for a password. */
  const type = async (lines: readonly string[]): Promise<string> => {
    const typed = lines.map((line) =>
      line
        .replace(/^(docker login .*) -u \S+@\S+$/, `echo '${admin.password}' | $1 -u ${admin.account} --password-stdin`)
        .replace(/-u [\w.]+@[\w.]+ (?!--password-stdin)/, `-u '${admin.account}:${admin.password}' `),
    );
    const script = ['set -eo pipefail', 'helm() { helm3 "$@"; }', 'cd "$HOME"', ...typed].join('\n');
    const { stdout, stderr } = await stage.desk.run('bash', '-c', script);
    return stdout + stderr;
  };

  test('RUN-1: the lines of the start page make a key, log in, create a registry, push and pull', async () => {
    const page = await (await fetch(`${stage.suite.url}/`)).text();
    const blocks = [...page.matchAll(/<pre[^>]*><code>(.*?)<\/code><\/pre>/gs)].map((match) =>
      unescape(match[1] ?? ''),
    );
    expect(blocks.length).toBeGreaterThan(4);
    const said = await type(blocks);
    expect(said).toContain('Login Succeeded');
    expect(said).toContain(`Pushed: ${stage.suite.host}/team/charts/web:0.1.0`);
  });

  test('RUN-1: the lines that the start prints do the same', async () => {
    const { log } = stage.suite.installation;
    const [, printed = ''] = /push an image:\n\n((?: {4}.*\n)+)/.exec(log) ?? [];
    const lines = printed
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    expect(lines.length).toBeGreaterThan(3);
    // The first test took the name.
    expect(await type(lines.map((line) => line.replaceAll(/\bteam\b/g, 'crew')))).toMatch(
      /digest: sha256:[0-9a-f]{64}/,
    );
  });
}

function unescape(html: string): string {
  const named: Readonly<Record<string, string>> = {
    '&lt;': '<',
    '&gt;': '>',
    '&quot;': '"',
    '&#39;': "'",
    '&amp;': '&',
  };
  return html.replaceAll(/&(?:lt|gt|quot|#39|amp);/g, (entity) => named[entity] ?? entity);
}
