import { createHmac, generateKeyPairSync, KeyObject, sign } from 'node:crypto';
import { decode, encode, Json, Mint } from './minting';

/** Tokens that must all be refused: what is wrong with each, and its text. */
export type Corpus = [string, string][];

interface Materials {
  readonly mint: Mint;
  /** A token that is good. */
  readonly good: string;
  /** Good for the management API. */
  readonly session: string;
}

const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed25519 = generateKeyPairSync('ed25519');
const hour = 3600;

/** AC-22: key material, or where to get it, in the token itself. */
export function keysOfTheirOwn({ mint, good }: Materials): Corpus {
  const { header, claims } = decode(good);
  const jwk = { ...foreign.publicKey.export({ format: 'jwk' }), kid: mint.kid, alg: 'ES256', use: 'sig' };
  const der = foreign.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const address = 'http://127.0.0.1:9/keys.json';
  const additions: Json[] = [
    { jwk },
    { jku: address },
    { x5u: address },
    { x5c: [der] },
    { x5t: 'abc' },
    { jwk, jku: address, x5u: address, x5c: [der] },
    { crit: ['exp'] },
    { crit: ['jwk'], jwk },
    { b64: false, crit: ['b64'] },
    { zip: 'DEF' },
  ];
  return additions.flatMap((addition): Corpus => {
    const text = `header with ${Object.keys(addition).join(', ')}`;
    const changed = { ...header, ...addition };
    return [
      [`${text}, signed by a stranger`, mint.sign(changed, claims, foreign.privateKey)],
      [`${text}, signed rightly`, mint.sign(changed, claims)],
    ];
  });
}

/** AC-23: algorithms and forms of the token's choice. */
export function algorithmsOfTheirOwn({ mint, good }: Materials): Corpus {
  const { header, claims } = decode(good);
  const [head = '', body = '', signature = ''] = good.split('.');
  const under = (alg: unknown): string => `${encode({ ...header, alg })}.${encode(claims)}`;
  const secrets = [JSON.stringify(mint.publicKey), pemOf(mint.publicKey), '', String(mint.publicKey.x)];
  return [
    ...['none', 'None', 'NONE', 'nOnE', ''].map((alg): [string, string] => [`alg ${alg}`, `${under(alg)}.`]),
    ...['none', 'HS256', 'ES256', 'RS256', 'PS256', 'ES384', 'EdDSA', 'ES256K', null, 7].map(
      (alg): [string, string] => [`alg ${alg} with the signature of another header`, `${under(alg)}x.${signature}`],
    ),
    ...secrets.flatMap((secret): Corpus => [
      ['HS256 under what is public', `${under('HS256')}.${mac('sha256', secret, under('HS256'))}`],
      ['HS512 under what is public', `${under('HS512')}.${mac('sha512', secret, under('HS512'))}`],
    ]),
    ['RS256 for an EC key', signed(under('RS256'), rsa.privateKey)],
    ['EdDSA', `${under('EdDSA')}.${sign(null, Buffer.from(under('EdDSA')), ed25519.privateKey).toString('base64url')}`],
    ['a stranger’s key under the right kid', mint.sign(header, claims, foreign.privateKey)],
    ['a signature in DER', signed(`${head}.${body}`, mint.privateKey)],
    ['a signature of zeros', `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`],
    ['a signature cut short', good.slice(0, -2)],
    ['a signature with padding', `${good}==`],
    ['no signature', `${head}.${body}.`],
    ['two parts', `${head}.${body}`],
    ['four parts', `${good}.x`],
    ['five parts, as a JWE has', `${encode({ alg: 'dir', enc: 'A256GCM' })}..${head}.${body}.${signature}`],
    ['a nested token', mint.sign({ ...header, cty: 'JWT' }, good)],
    ['claims of another token', `${head}.${encode({ ...claims, sub: '' })}.${signature}`],
    ['claims that are a list', mint.sign(header, [claims])],
    ['claims that are no JSON', mint.sign(header, 'claims')],
    ['a header that is a list', mint.sign([header], claims)],
  ];
}

/** AC-24: made for somebody or something else. */
export function otherAudiences({ mint, good, session }: Materials): Corpus {
  const { claims } = decode(good);
  const id = String(claims.iss).replace(/^ncr:/, '');
  const changes: Json[] = [
    { aud: undefined },
    { aud: 'ncr-registry' },
    { aud: `ncr-management:${id}` },
    { aud: 'ncr-registry:00000000-0000-4000-8000-000000000000' },
    { aud: [claims.aud] },
    { aud: '' },
    { iss: undefined },
    { iss: 'ncr:00000000-0000-4000-8000-000000000000' },
    { iss: id },
    ...['sub', 'exp', 'nbf', 'iat', 'jti', 'principal'].map((name) => ({ [name]: undefined })),
    { exp: String(claims.exp) },
    { exp: null },
    { sub: 7 },
    { jti: '' },
    { access: 'everything' },
  ];
  const types = ['JWT', 'management-access+jwt', 'REGISTRY-ACCESS+JWT', 'at+jwt', '', undefined];
  return [
    ...changes.map((change): [string, string] => [`claims ${JSON.stringify(change)}`, mint.changed(good, change)]),
    ...types.map((typ): [string, string] => [`typ ${typ}`, mint.changed(good, {}, { typ })]),
    ['a token of the management API', session],
  ];
}

/** AC-26: a kid that wants to be a path, a query, or very long. */
export function hostileKeyIds({ mint, good }: Materials): Corpus {
  const ids: unknown[] = [
    '../../../../dev/null',
    '/etc/passwd',
    "' or 1=1 --",
    `${mint.kid}'--`,
    `${mint.kid}\u0000`,
    `${mint.kid}/../${mint.kid}`,
    '__proto__',
    'constructor',
    '',
    null,
    7,
    { toString: mint.kid },
    [mint.kid],
    'a'.repeat(65),
    'k'.repeat(6000),
    undefined,
  ];
  return ids.map((kid) => [`kid ${JSON.stringify(kid)?.slice(0, 40)}`, mint.changed(good, {}, { kid })]);
}

/** AC-27: beyond a minute of leeway. */
export function wrongTimes({ mint, good }: Materials): Corpus {
  const now = Math.floor(Date.now() / 1000);
  return [
    ['over for two minutes', mint.changed(good, { iat: now - hour, nbf: now - hour, exp: now - 120 })],
    ['not before five minutes from now', mint.changed(good, { nbf: now + 300 })],
    ['issued five minutes from now', mint.changed(good, { iat: now + 300, nbf: now - 30 })],
  ];
}

function mac(hash: string, secret: string, text: string): string {
  return createHmac(hash, secret).update(text).digest('base64url');
}

function signed(text: string, key: KeyObject): string {
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

function pemOf(jwk: Json): string {
  const body = Buffer.from(`${String(jwk.x)}${String(jwk.y)}`).toString('base64');
  return `-----BEGIN PUBLIC KEY-----\n${body}\n-----END PUBLIC KEY-----\n`;
}
