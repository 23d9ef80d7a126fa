import * as fc from 'fast-check';
import { formatHash, hashPassword, isOutdated, matchesHash, parseHash } from './password-hash';

/** From the test vectors of the reference implementation (phc-winner-argon2, `test.c`). */
const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';

describe('a password hash', () => {
  it('agrees with the reference implementation of argon2id', async () => {
    await expect(matchesHash('password', reference)).resolves.toBe(true);
    await expect(matchesHash('Password', reference)).resolves.toBe(false);
    expect(isOutdated(reference)).toBe(true);
  });

  it('is in the PHC format with 19 MiB, two passes, one lane (SR-1)', async () => {
    const hash = await hashPassword('correct horse battery');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(isOutdated(hash)).toBe(false);
    expect(await hashPassword('correct horse battery')).not.toBe(hash);
    await expect(matchesHash('correct horse battery', hash)).resolves.toBe(true);
  });

  it('looks at every character of a long password (AC-63)', async () => {
    const long = 'a'.repeat(127);
    const hash = await hashPassword(`${long}b`);
    await expect(matchesHash(`${long}c`, hash)).resolves.toBe(false);
    await expect(matchesHash('a'.repeat(72), hash)).resolves.toBe(false);
  });

  it('is read back as it was written', () => {
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 64 }).map((array) => Buffer.from(array));
    const number = fc.integer({ min: 1, max: 99 });
    const hash = fc.record({ memory: number, passes: number, parallelism: number, salt: bytes, tag: bytes });
    fc.assert(fc.property(hash, (hash) => expect(parseHash(formatHash(hash))).toEqual(hash)));
  });

  it.each([
    '',
    'password',
    reference.replace('argon2id', 'argon2i'),
    reference.replace('v=19', 'v=16'),
    `${reference}!`,
  ])('is not %j', (text) => {
    expect(() => parseHash(text)).toThrow('not an argon2id hash');
  });
});
