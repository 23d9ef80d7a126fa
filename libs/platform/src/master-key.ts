import { hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, open, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SettingsInvalid } from './settings';

const length = 32;

/** The installation's root secret. It never leaves this class; everything else is derived from it. */
export class MasterKey {
  readonly #key: Buffer;

  /** Takes at least 32 random bytes. */
  constructor(key: Buffer) {
    if (key.length < length)
      throw new SettingsInvalid([`NCR_MASTER_KEY_FILE: must hold at least ${length} bytes as base64`]);
    this.#key = key;
  }

  /** Reads a file of base64 text. Throws {@link SettingsInvalid}. */
  static read(file: string): MasterKey {
    let content: string;
    try {
      content = readFileSync(file, 'utf8').trim();
    } catch {
      throw new SettingsInvalid([`NCR_MASTER_KEY_FILE: cannot be read, is ${JSON.stringify(file)}`]);
    }
    if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(content))
      throw new SettingsInvalid(['NCR_MASTER_KEY_FILE: must hold base64 text']);
    return new MasterKey(Buffer.from(content, 'base64'));
  }

  /** A key of 32 bytes for one purpose (RFC 5869, SHA-256): the same name gives the same key, another name tells nothing of it. */
  derive(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#key, '', `ncr ${purpose}`, length));
  }
}

/**
 * Writes a new random key to `file`, durable and readable by its owner alone, unless the file exists. A crash leaves the
 * whole key or none.
 */
export async function createMasterKey(file: string): Promise<void> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, `${randomBytes(length).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true });
    // Unlike a rename, a link never replaces what is there.
    await link(draft, file);
    await syncFolder(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
