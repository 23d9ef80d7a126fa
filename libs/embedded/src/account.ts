import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { PostgresUnavailable } from './errors';

/** The user a child runs as; undefined stands for "as the caller". */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root, so root hands over: to the owner of an existing cluster in `data`, else to `nobody`.
 * Nothing is added to or changed on the system. Throws `PostgresUnavailable` for a user without an account entry,
 * whom PostgreSQL refuses, too.
 */
export function serverAccount(data: string): Account | undefined {
  if (process.getuid?.() !== 0) {
    requireAccountEntry();
    return undefined;
  }
  const owner = statSync(data, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const nobody = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  if (!nobody) throw new PostgresUnavailable('root needs an account "nobody" to run PostgreSQL; set NCR_DATABASE_URL');
  return { uid: Number(nobody[1]), gid: Number(nobody[2]) };
}

function requireAccountEntry(): void {
  try {
    userInfo();
  } catch (cause) {
    const message = `user id ${process.getuid?.()} has no account entry and PostgreSQL refuses it; set NCR_DATABASE_URL`;
    throw new PostgresUnavailable(message, { cause });
  }
}

/** Whether the account may enter the folder: each folder on the way must let it pass. */
export function canEnter(account: Account | undefined, folder: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd -- "$0"', folder], { ...account, cwd: '/', stdio: 'ignore' }).status === 0;
}
