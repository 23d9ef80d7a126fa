import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The root of the workspace, seen from the sources as well as from what is built of them. */
export const workspace = ((): string => {
  let folder = __dirname;
  while (!existsSync(join(folder, 'nx.json'))) folder = dirname(folder);
  return folder;
})();
