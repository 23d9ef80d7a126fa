import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Ids of the process and of everything it started, whichever process groups they put themselves into. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const [pid, parent] of processes()) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** Whether the process ended; one that nobody has waited for yet counts as ended. */
export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return (
      existsSync('/proc/self/stat') &&
      readFileSync(`/proc/${pid}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .startsWith('Z')
    );
  } catch {
    return true;
  }
}

/** Pairs of process id and parent's id. */
function processes(): [number, number][] {
  if (!existsSync('/proc/self/stat')) {
    const listed = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
    return listed
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  }
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      // The second field is the program's name in parentheses and may itself hold any character.
      const fields = readFileSync(`/proc/${name}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ');
      return [[Number(name), Number(fields[1])] as [number, number]];
    } catch {
      return []; // it ended in between
    }
  });
}
