import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositories } from '../repositories';
import type { Contender } from './contender';
import { freePort, Server } from './server';

/** zot as it comes, or with `commit` on, which makes it sync what it stores; takes the path of its program. */
export function zot(program: string, commit = false): Contender {
  return {
    name: commit ? 'zot-commit' : 'zot',
    description: `zot ${versionOf(program)}; local storage, log level error${commit ? ', commit on' : ''}, all else default, no authentication`,
    durability: commit
      ? 'commit on: fsync of blobs and manifests'
      : 'default: no fsync of blobs and manifests before 201',
    blobs: `data/${repositories.pushed}/blobs`,
    async start(folder) {
      const port = await freePort();
      const file = join(folder, 'config.json');
      mkdirSync(join(folder, 'data'));
      const settings = {
        distSpecVersion: '1.1.1',
        storage: { rootDirectory: join(folder, 'data'), ...(commit ? { commit } : {}) },
        http: { address: '127.0.0.1', port: String(port) },
        log: { level: 'error' },
      };
      writeFileSync(file, JSON.stringify(settings));
      return Server.start({ command: program, args: ['serve', file], folder, port });
    },
    login: async () => async () => undefined,
  };
}

/** zot prints its version as a log line in JSON on either stream. */
function versionOf(program: string): string {
  const { stdout, stderr } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return /"(?:commit|version)":\s*"([^"]+)"/.exec(`${stdout}${stderr}`)?.[1] ?? 'of unknown version';
}
