import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Every file below a folder; none when there is no such folder. */
export function filesBelow(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

/** Removes the files below a folder that are of exactly this size and not to be kept. */
export function sweep(folder: string, size: number, keep: ReadonlySet<string>): void {
  for (const file of filesBelow(folder)) {
    if (!keep.has(file) && statSync(file, { throwIfNoEntry: false })?.size === size) rmSync(file, { force: true });
  }
}
