import { hkdfSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
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

/** Writes a new random key to `file`, durable and readable by its owner alone, unless the file exists. */
export async function createMasterKey(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(`${randomBytes(length).toString('base64')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const folder = await open(dirname(file), 'r');
    await folder.sync().finally(() => folder.close());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
