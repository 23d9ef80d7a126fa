import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/*
 * What a person copies: letters, digits and `_` only, so that neither a shell nor Basic (which ends the user name at the
 * first colon) trips over it. All begin with a fixed word for secret scanners.
 *
 *   ncr_   <26 of 0-9a-v>           the id of a key: its UUID, base 32
 *   ncrs_  <43 of 0-9A-Za-z> <6>    a secret: 256 random bits, base 62, then the CRC-32 of all before, base 62
 *
 * `ncrs` is a key's secret, `ncrr` a refresh token, `ncrc` a session cookie.
 */
type SecretWord = 'ncrs' | 'ncrr' | 'ncrc';

const idPattern = /^ncr_[0-7][0-9a-v]{25}$/;
const secretPattern = /^[a-z]{4}_[0-9A-Za-z]{49}$/;
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The public id of the access key with that UUID. */
export function formatKeyId(uuid: string): string {
  return `ncr_${BigInt(`0x${uuid.replaceAll('-', '')}`)
    .toString(32)
    .padStart(26, '0')}`;
}

/** The UUID behind a public id; undefined for anything else. */
export function parseKeyId(text: string): string | undefined {
  if (!idPattern.test(text)) return undefined;
  let value = 0n;
  for (const digit of text.slice(4)) value = value * 32n + BigInt(Number.parseInt(digit, 32));
  const hex = value.toString(16).padStart(32, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A new secret. */
export function newSecret(word: SecretWord): string {
  const text = `${word}_${base62(BigInt(`0x${randomBytes(32).toString('hex')}`), 43)}`;
  return text + checksum(text);
}

/** Whether the text can be such a secret at all: shape and checksum, which a typing mistake breaks. */
export function isSecret(word: SecretWord, text: string): boolean {
  return secretPattern.test(text) && text.startsWith(`${word}_`) && text.slice(-6) === checksum(text.slice(0, -6));
}

function checksum(text: string): string {
  return base62(BigInt(crc32(text)), 6);
}

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n) text = digits.charAt(Number(rest % 62n)) + text;
  return text;
}

/** A password for a person to copy: 120 random bits in groups of four, without letters that look alike. */
export function newPassphrase(): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
  const letters = [...randomBytes(24)].map((byte) => alphabet.charAt(byte % 32)).join('');
  return letters.match(/.{4}/g)!.join('-');
}
