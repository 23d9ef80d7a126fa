import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const root = join(__dirname, '..');
const words = ['oci', 'contracts'];
const libs = [...words, 'distribution', 'storage', 'messaging'];

/** Who may know whom, the arrows of the house: services are not listed, since nobody but the suites may know one. */
const mayKnow: Record<string, readonly string[]> = {
  oci: [],
  contracts: [],
  embedded: [],
  distribution: words,
  storage: words,
  messaging: words,
  platform: libs,
};
/** Packages that a library may need; a new one is a decision, not an accident. Tests may use what they like. */
const mayNeed: Record<string, readonly string[]> = {
  oci: [],
  contracts: ['zod'],
  storage: ['minio'],
  distribution: ['undici'],
  messaging: ['@nestjs/common', '@nestjs/microservices', 'pg', 'rxjs', 'typeorm'],
};

interface Graph {
  nodes: Record<string, { data: { tags?: string[] } }>;
  dependencies: Record<string, { target: string }[]>;
}

function projectGraph(): Graph {
  const folder = mkdtempSync(join(tmpdir(), 'ncr-graph-'));
  const file = join(folder, 'graph.json');
  try {
    const nx = join(root, 'node_modules/nx/dist/bin/nx.js');
    execFileSync(process.execPath, [nx, 'graph', `--file=${file}`], { cwd: root, stdio: 'pipe' });
    return (JSON.parse(readFileSync(file, 'utf8')) as { graph: Graph }).graph;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Import {
  readonly project: string;
  readonly file: string;
  readonly target: string;
  /** Tests and the testing entries that they are made of. */
  readonly inTest: boolean;
}

const statement =
  /(?:^|[\s;])(?:import|export)\s(?:[^'";]*?\sfrom\s)?\s*['"]([^'"]+)['"]|\b(?:import|require(?:\.resolve)?)\(\s*['"]([^'"]+)['"]/g;

function importsOf(project: string, folder: string): Import[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      const inTest = /\.spec\.tsx?$|[/\\]testing(?:\.ts$|[/\\])/.test(path);
      return [...readFileSync(path, 'utf8').matchAll(statement)].map((match) => ({
        project,
        file: relative(root, path),
        target: match[1] ?? match[2] ?? '',
        inTest,
      }));
    });
}

const graph = projectGraph();
const tagged = (tag: string): string[] =>
  Object.keys(graph.nodes).filter((name) => graph.nodes[name]?.data.tags?.includes(tag));
const services = tagged('type:service');
const suites = tagged('type:suite');
const imports = Object.keys(graph.nodes).flatMap((name) => {
  const folder = mayKnow[name] ? 'libs' : 'apps';
  return importsOf(name, join(root, folder, name, 'src'));
});
const productive = imports.filter(({ inTest }) => !inTest);
const show = ({ file, target }: Import): string => `${file} imports ${target}`;

test('every project is a library that stands in the table, a service or a suite', () => {
  expect(tagged('type:lib').sort()).toEqual(Object.keys(mayKnow).sort());
  const all = Object.keys(graph.nodes).sort();
  expect([...Object.keys(mayKnow), ...services, ...suites].sort()).toEqual(all);
});

test('the arrows of the project graph point down', () => {
  const wrong = Object.entries(graph.dependencies).flatMap(([from, targets]) => {
    if (suites.includes(from))
      return targets.filter(({ target }) => suites.includes(target)).map(({ target }) => `${from} -> ${target}`);
    const allowed = new Set([...(mayKnow[from] ?? [...libs, 'platform']), 'embedded']); // embedded: for tests, see below
    return targets
      .filter(({ target }) => !allowed.has(target) && !target.startsWith('npm:'))
      .map(({ target }) => `${from} -> ${target}`);
  });
  expect(wrong).toEqual([]);
});

test('embedded and testing entries are for tests and suites', () => {
  const wrong = productive
    .filter(({ project }) => !suites.includes(project))
    .filter(({ target }) => target.startsWith('@ncr/embedded') || /^@ncr\/\w+\/testing$/.test(target));
  expect(wrong.map(show)).toEqual([]);
});

test('projects know each other by their aliases only, never by a path', () => {
  const wrong = imports.filter(({ file, target }) => {
    if (!target.startsWith('.')) return false;
    const project = file.split('/').slice(0, 2).join('/');
    return !relative(root, join(root, file, '..', target)).startsWith(`${project}/`);
  });
  expect(wrong.map(show)).toEqual([]);
});

test('libraries below platform need no packages but the listed ones', () => {
  const wrong = productive.filter(({ project, target }) => {
    const allowed = mayNeed[project];
    if (!allowed || target.startsWith('.') || target.startsWith('@ncr/') || isBuiltin(target)) return false;
    return !allowed.some((name) => target === name || target.startsWith(`${name}/`));
  });
  expect(wrong.map(show)).toEqual([]);
});

test('oci and contracts do no I/O: they run in a browser', () => {
  const wrong = productive.filter(({ project, target }) => words.includes(project) && isBuiltin(target));
  expect(wrong.map(show)).toEqual([]);
});
