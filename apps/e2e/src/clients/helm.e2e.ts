import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { sha256 } from '../content';
import { describeClient, Stage } from './stage';

for (const program of ['helm3', 'helm4']) describeClient(program, [program], (stage) => helmTests(stage, program));

function helmTests(stage: Stage, program: string): void {
  const helm = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await stage.desk.run(program, ...args);
    return stdout + stderr;
  };
  const login = (secret: string): Promise<unknown> => {
    const { suite, key, desk } = stage;
    const args = ['registry', 'login', '--plain-http', '-u', key.id, '--password-stdin', suite.host];
    return desk.runWith(secret, program, ...args);
  };
  const parent = (): string => `oci://${stage.named('charts')}`;

  /** Writes and packages a chart; gives the file. */
  const pack = async (name: string, version: string): Promise<string> => {
    await helm('create', stage.desk.path(name));
    await helm('package', stage.desk.path(name), '--version', version, '-d', stage.desk.folder);
    return stage.desk.path(`${name}-${version}.tgz`);
  };

  beforeAll(() => login(stage.key.secret));

  test(`KEY-4: ${program} registry login takes an access key, and no wrong secret`, async () => {
    await expect(login('wrong')).rejects.toThrow(/401|unauthorized|denied/i);
    await login(stage.key.secret);
  });

  test(`OCI-3: ${program} pushes a chart and pulls the same bytes`, async () => {
    const file = await pack('hello', '1.2.3');
    const said = await helm('push', file, parent(), '--plain-http');
    expect(said).toContain(`Pushed: ${stage.named('charts/hello:1.2.3')}`);
    expect(said).toMatch(/Digest: sha256:[0-9a-f]{64}/);
    mkdirSync(stage.desk.path('pulled'));
    await helm('pull', `${parent()}/hello`, '--version', '1.2.3', '--plain-http', '-d', stage.desk.path('pulled'));
    expect(sha256(readFileSync(stage.desk.path('pulled/hello-1.2.3.tgz')))).toBe(sha256(readFileSync(file)));
  });

  test(`OCI-3: ${program} shows a chart, and picks its newest version when none is named`, async () => {
    for (const version of ['0.9.0', '0.10.0+build.7'])
      await helm('push', await pack('shown', version), parent(), '--plain-http');
    expect(await helm('show', 'all', `${parent()}/shown`, '--plain-http')).toContain('version: 0.10.0+build.7');
    expect(await helm('show', 'chart', `${parent()}/shown`, '--version', '0.9.0', '--plain-http')).toContain(
      'version: 0.9.0',
    );
  });

  test(`OCI-3: ${program} renders an installation straight from the registry`, async () => {
    await helm('push', await pack('rendered', '1.0.0'), parent(), '--plain-http');
    writeFileSync(stage.desk.path('values.yaml'), 'replicaCount: 7\n');
    const chart = [`${parent()}/rendered`, '--version', '1.0.0', '--plain-http', '-f', stage.desk.path('values.yaml')];
    // Without a cluster, Helm 3 renders by `template` only; Helm 4 goes through the whole install.
    const command = program === 'helm3' ? ['template', 'release'] : ['install', 'release', '--dry-run=client'];
    expect(await helm(...command, ...chart)).toContain('replicas: 7');
  });

  test(`OCI-3: ${program} installs a chart whose dependency lies in the registry`, async () => {
    await helm('push', await pack('part', '1.0.0'), parent(), '--plain-http');
    await helm('create', stage.desk.path('whole'));
    const chart = stage.desk.path('whole/Chart.yaml');
    const needs = `dependencies:\n  - name: part\n    version: 1.0.0\n    repository: ${parent()}\n`;
    writeFileSync(chart, readFileSync(chart, 'utf8') + needs);
    await helm('dependency', 'update', stage.desk.path('whole'), '--plain-http');
    expect(await helm('template', 'release', stage.desk.path('whole'))).toContain('# Source: whole/charts/part/');
  });
}
