import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Contender } from './contender';
import { freePort, Server } from './server';

const config = (folder: string, port: number): string => `version: 0.1
log:
  accesslog:
    disabled: true
  level: error
storage:
  filesystem:
    rootdirectory: ${folder}/data
  cache:
    blobdescriptor: inmemory
  delete:
    enabled: true
http:
  addr: 127.0.0.1:${port}
  secret: not-secret
health:
  storagedriver:
    enabled: false
`;

/** CNCF distribution with the settings that favour it; takes the path of its program `registry`. */
export function distribution(program: string): Contender {
  return {
    name: 'distribution',
    description: `distribution ${/ (v\S+)/.exec(versionOf(program))?.[1]}; filesystem driver, in-memory descriptor cache, access log off, log level error, trace exporter none, health checks off, delete on, no authentication`,
    durability: 'as shipped: fsync of files and folders before 201',
    blobs: 'data/docker/registry/v2/blobs',
    async start(folder) {
      const port = await freePort();
      const file = join(folder, 'config.yml');
      mkdirSync(join(folder, 'data'));
      writeFileSync(file, config(folder, port));
      return Server.start({
        command: program,
        args: ['serve', file],
        env: { OTEL_TRACES_EXPORTER: 'none' },
        folder,
        port,
      });
    },
    login: async () => async () => undefined,
  };
}

/**
 * Finds the program in the cache of client programs (`$NCR_CLIENTS`, else `~/.cache/ncr-clients`) or on PATH, else has it
 * built by `tools/clients.sh`, which needs Go. Throws when there is none.
 */
export function findDistribution(root: string): string {
  const cached = join(process.env['NCR_CLIENTS'] ?? join(homedir(), '.cache/ncr-clients'), 'bin/registry');
  if (existsSync(cached)) return cached;
  if (versionOf('registry').includes('distribution')) return 'registry';
  execFileSync('bash', [join(root, 'tools/clients.sh'), 'registry'], { stdio: ['ignore', 'ignore', 'inherit'] });
  return cached;
}

/** The line of `registry --version`, or nothing when there is no such program. */
function versionOf(program: string): string {
  try {
    return execFileSync(program, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}
