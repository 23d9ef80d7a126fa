import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';

/** Cost of argon2id: memory in KiB, passes, lanes (OWASP Password Storage: 19 MiB, t = 2, p = 1). */
interface Cost {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

interface PasswordHash extends Cost {
  readonly salt: Buffer;
  readonly tag: Buffer;
}

const cost: Cost = { memory: 19 * 1024, passes: 2, parallelism: 1 };
const pattern =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** The PHC string format: `$argon2id$v=19$m=…,t=…,p=…$<salt>$<tag>`, base64 without padding. */
export function formatHash({ memory, passes, parallelism, salt, tag }: PasswordHash): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
}

/** Throws when the text is not an argon2id hash of version 19 in the PHC format. */
export function parseHash(text: string): PasswordHash {
  const [, memory, passes, parallelism, salt, tag] = pattern.exec(text) ?? [];
  if (salt === undefined || tag === undefined) throw new Error('not an argon2id hash in the PHC format');
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
}

/** Hashes with a new salt and today's cost; about 40 ms of one core. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return formatHash({ ...cost, salt, tag: await derive(password, { ...cost, salt, length: 32 }) });
}

/** Whether the password is the one that was hashed; takes the same time either way. */
export async function matchesHash(password: string, hash: string): Promise<boolean> {
  const { tag, ...rest } = parseHash(hash);
  return timingSafeEqual(await derive(password, { ...rest, length: tag.length }), tag);
}

/** Whether the hash was made with another cost than today's, and is better made again at the next login. */
export function isOutdated(hash: string): boolean {
  const { memory, passes, parallelism } = parseHash(hash);
  return memory !== cost.memory || passes !== cost.passes || parallelism !== cost.parallelism;
}

function derive(password: string, options: Cost & { salt: Buffer; length: number }): Promise<Buffer> {
  const { memory, passes, parallelism, salt, length } = options;
  return new Promise((resolve, reject) => {
    argon2(
      'argon2id',
      { message: password, nonce: salt, parallelism, tagLength: length, memory, passes },
      (error, tag) => (error ? reject(error) : resolve(tag)),
    );
  });
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
