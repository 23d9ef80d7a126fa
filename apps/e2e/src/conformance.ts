import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readReport, Report } from './conformance-report';
import { AccessKey, Session, Suite } from './suite';

/** One run of a suite program. */
interface Run {
  readonly title: string;
  readonly program: 'NCR_CONFORMANCE_V1' | 'NCR_CONFORMANCE_MAIN';
  readonly args: readonly string[];
  /** Takes the two repositories and the folder for reports. */
  readonly environment: (place: Place) => Readonly<Record<string, string>>;
  /** What may be skipped; every other skip fails the run. Undefined: the run is reported and decides nothing. */
  readonly maySkip: RegExp | undefined;
}

interface Place {
  readonly suite: Suite;
  readonly key: AccessKey;
  readonly repositories: readonly [string, string];
  readonly reports: string;
}

const release = { program: 'NCR_CONFORMANCE_V1', args: ['-ginkgo.no-color'] } as const;
const rewrite = { program: 'NCR_CONFORMANCE_MAIN', args: [] } as const;
/** The release skips what serves registries that tests cannot push to, and the mounts that this run does not ask for. */
const preparedContent = 'Get tag name from environment|Populate registry with test tags \\(no push\\)';

const runs: readonly Run[] = [
  {
    ...release,
    title: 'v1.1.1',
    environment: releaseEnvironment,
    maySkip: new RegExp(`${preparedContent}|Cross-mounting (?:of nonexistent blob|without from)`),
  },
  {
    ...release,
    title: 'v1.1.1, mounts without a source asked for',
    environment: (place) => ({ ...releaseEnvironment(place), OCI_AUTOMATIC_CROSSMOUNT: '1' }),
    maySkip: new RegExp(`${preparedContent}|Cross-mounting (?:of nonexistent blob|without from.*disabled)`),
  },
  {
    ...rewrite,
    title: 'main, version 1.1',
    environment: (place) => rewriteEnvironment(place, '1.1'),
    // Cancelling an upload is of a later version.
    maySkip: /\/post cancel\//,
  },
  {
    ...rewrite,
    title: 'main, version dev',
    environment: (place) => rewriteEnvironment(place, 'dev'),
    maySkip: undefined,
  },
];

function releaseEnvironment({ suite, key, repositories, reports }: Place): Record<string, string> {
  return {
    OCI_ROOT_URL: suite.url,
    OCI_NAMESPACE: repositories[0],
    OCI_CROSSMOUNT_NAMESPACE: repositories[1],
    OCI_USERNAME: key.id,
    OCI_PASSWORD: key.secret,
    OCI_TEST_PULL: '1',
    OCI_TEST_PUSH: '1',
    OCI_TEST_CONTENT_DISCOVERY: '1',
    OCI_TEST_CONTENT_MANAGEMENT: '1',
    OCI_HIDE_SKIPPED_WORKFLOWS: '0',
    OCI_REPORT_DIR: reports,
  };
}

function rewriteEnvironment({ suite, key, repositories, reports }: Place, version: string): Record<string, string> {
  return {
    OCI_REGISTRY: suite.host,
    OCI_TLS: suite.url.startsWith('https:') ? 'enabled' : 'disabled',
    OCI_REPO1: repositories[0],
    OCI_REPO2: repositories[1],
    OCI_USERNAME: key.id,
    OCI_PASSWORD: key.secret,
    OCI_VERSION: version,
    OCI_RESULTS_DIR: reports,
  };
}

/**
 * Runs the official conformance suites through the gateway with authentication, and prints what they found. Gives the
 * exit code. They are no part of this repository and no registry of packages has them: their programs are named by
 * NCR_CONFORMANCE_V1 (the release v1.1.1) and NCR_CONFORMANCE_MAIN (the rewrite on the main branch), and a suite
 * without a program is skipped, also with NCR_REQUIRE=all.
 */
export async function conformance(): Promise<number> {
  const missing = [...new Set(runs.map(({ program }) => program))].filter((name) => !process.env[name]);
  for (const name of missing) console.log(`conformance: skipped, ${name} names no suite program (apps/e2e/README.md)`);
  const possible = runs.filter(({ program }) => !missing.includes(program));
  if (possible.length === 0) return 0;
  const suite = await Suite.start();
  const folder = mkdtempSync(join(tmpdir(), 'ncr-conformance-'));
  try {
    const key = await suite.admin.createAccessKey('conformance');
    let failed = false;
    for (const run of possible) failed = !(await passes(run, suite, { key, folder })) || failed;
    return failed ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await suite.stop();
  }
}

/** In repositories that no run before has touched: what an earlier one left changes the outcome. */
async function passes(run: Run, suite: Suite, { key, folder }: { key: AccessKey; folder: string }): Promise<boolean> {
  const registry = Session.freshName('conformance');
  await suite.admin.createRegistry(registry);
  const work = mkdtempSync(join(folder, 'run-'));
  const reports = join(work, 'reports');
  mkdirSync(reports);
  const place: Place = { suite, key, repositories: [`${registry}/first`, `${registry}/second`], reports };
  const ran = spawnSync(process.env[run.program] ?? '', run.args, {
    cwd: work,
    env: { PATH: process.env.PATH, HOME: work, ...run.environment(place) },
    encoding: 'utf8',
    timeout: 300_000,
    maxBuffer: 1 << 30,
  });
  const report = readReport(join(reports, 'junit.xml'));
  if (!report) {
    console.log(`conformance ${run.title}: no report (${ran.error?.message ?? `exit code ${ran.status}`})`);
    console.log(ran.stdout, ran.stderr);
    return false;
  }
  return judge(run, report);
}

function judge({ title, maySkip }: Run, { passed, failed, skipped }: Report): boolean {
  const unexpected = skipped.filter((name) => maySkip && !maySkip.test(name));
  const counts = `${passed} passed, ${failed.length} failed, ${skipped.length} skipped`;
  console.log(`conformance ${title}: ${counts}${maySkip ? '' : ' (reported only)'}`);
  for (const { name, why } of failed) console.log(`  ✗ ${name}\n      ${why}`);
  for (const name of skipped) console.log(`  ○ ${name}${unexpected.includes(name) ? ' (must not be skipped)' : ''}`);
  return !maySkip || (passed > 0 && failed.length === 0 && unexpected.length === 0);
}
