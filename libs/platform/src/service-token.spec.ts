import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMasterKey, MasterKey } from './master-key';
import { ServiceTokens } from './service-token';
import { TestAuthority } from './testing';

describe('a service token', () => {
  const master = new MasterKey(randomBytes(32));
  const tokens = new ServiceTokens(master);

  it('opens the service that it names, for a minute', () => {
    const token = tokens.sign('auth');
    tokens.verify(token, ['registry', 'auth']);
    expect(() => tokens.verify(token, ['registry'])).toThrow('invalid token');
    expect(() => tokens.verify(token, ['auth'], Date.now() + 180_000)).toThrow('invalid token');
  });

  it('AC-12: is never what a user holds, nor of another installation, nor changed', () => {
    const token = tokens.sign('auth');
    const [head, body, mac] = token.split('.');
    const forged = Buffer.from(JSON.stringify({ aud: 'auth', exp: 9e9 })).toString('base64url');
    const hostile = [
      '',
      'x',
      `${head}.${body}.`,
      `${head}.${forged}.${mac}`,
      `${token}.x`,
      `${head}.${body}.${mac}x`,
      new TestAuthority().token('management'),
      new ServiceTokens(new MasterKey(randomBytes(32))).sign('auth'),
    ];
    for (const text of hostile) expect(() => tokens.verify(text, ['auth'])).toThrow('invalid token');
  });
});

describe('the master key', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ncr-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is made once, for its owner alone, and gives the same keys each time', async () => {
    const file = join(folder, 'keys', 'master.key');
    await Promise.all([createMasterKey(file), createMasterKey(file), createMasterKey(file)]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'keys'))).toEqual(['master.key']);
    const before = readFileSync(file, 'utf8');
    await createMasterKey(file);
    expect(readFileSync(file, 'utf8')).toBe(before);
    const [one, two] = [MasterKey.read(file), MasterKey.read(file)];
    expect(one.derive('pepper')).toEqual(two.derive('pepper'));
    expect(one.derive('pepper')).not.toEqual(one.derive('pepper2'));
    expect(one.derive('pepper')).toHaveLength(32);
  });

  it('shows nothing of itself', () => {
    const key = new MasterKey(Buffer.alloc(32, 'k'));
    expect(JSON.stringify(key)).toBe('{}');
  });

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['short', randomBytes(31).toString('base64')],
    ['not base64', 'ä'.repeat(60)],
  ])('is refused when its file is %s', (_, content) => {
    const file = join(folder, 'key');
    if (content !== undefined) writeFileSync(file, content);
    expect(() => MasterKey.read(file)).toThrow('NCR_MASTER_KEY_FILE');
  });
});
