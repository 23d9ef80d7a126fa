import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PlatformSettings } from './platform.config';
import * as settings from './settings';

const { defineSettings, describeSettings, readSettings, SettingsInvalid } = settings;

const First = defineSettings({
  NCR_SIZE: settings.size('4MiB').describe('A size.'),
  NCR_TIME: settings.duration('10min').describe('A time.'),
  NCR_COUNT: settings.count(5).describe('A count.'),
  NCR_MAYBE: settings.optionalInteger([1, 10]).describe('A number, or nothing.'),
});
const Second = defineSettings({
  NCR_FLAG: settings.flag(true).describe('A flag.'),
  NCR_SECRET: settings.secret().optional().describe('A secret.'),
});

const read = (environment: Record<string, string>) => ({
  ...readSettings([First, Second], environment).get(First),
  ...readSettings([First, Second], environment).get(Second),
});

function mistakes(environment: Record<string, string>): readonly string[] {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof SettingsInvalid) return error.mistakes;
  }
  return [];
}

describe('settings', () => {
  it('have defaults that are used for what is unset or empty', () => {
    const expected = {
      NCR_SIZE: 4 * 2 ** 20,
      NCR_TIME: 600_000,
      NCR_COUNT: 5,
      NCR_MAYBE: undefined,
      NCR_FLAG: true,
      NCR_SECRET: undefined,
    };
    expect(read({})).toEqual(expected);
    expect(read({ NCR_SIZE: '', NCR_FLAG: '', NCR_MAYBE: '', NCR_SECRET: '' })).toEqual(expected);
  });

  it.each([
    ['NCR_SIZE', '0', 0],
    ['NCR_SIZE', '512', 512],
    ['NCR_SIZE', '1TiB', 2 ** 40],
    ['NCR_TIME', '500ms', 500],
    ['NCR_TIME', '7d', 604_800_000],
    ['NCR_COUNT', '1', 1],
    ['NCR_MAYBE', '10', 10],
    ['NCR_FLAG', 'false', false],
    ['NCR_SECRET', 'x y', 'x y'],
  ])('read %s=%s as %s', (name, text, value) => expect(read({ [name]: text })).toMatchObject({ [name]: value }));

  it('list every mistake of every service at once, with name, rule and value', () => {
    expect(mistakes({ NCR_SIZE: '4MB', NCR_TIME: '10', NCR_COUNT: '0', NCR_MAYBE: '11', NCR_FLAG: 'yes' })).toEqual([
      'NCR_SIZE: must be a size such as 512, 64KiB, 4MiB or 10GiB, is "4MB"',
      'NCR_TIME: must be a time such as 500ms, 30s, 10min, 12h or 7d, is "10"',
      'NCR_COUNT: must be a whole number from 1 on, is "0"',
      'NCR_MAYBE: must be a whole number from 1 to 10, is "11"',
      'NCR_FLAG: must be true or false, is "yes"',
    ]);
  });

  it('that are wrong end the process with 78', () => expect(SettingsInvalid.exitCode).toBe(78));

  it.each(['-1', '1e3', '1.5', '4mib', '9999999999TiB', '0x10', '４'])('refuse %s as a size', (text) => {
    expect(mistakes({ NCR_SIZE: text })).toHaveLength(1);
  });

  it('read a secret from a file, without the last line break, and never show it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ncr-test-'));
    const file = join(folder, 'secret');
    writeFileSync(file, 'hush \n');
    expect(read({ NCR_SECRET_FILE: file })).toMatchObject({ NCR_SECRET: 'hush ' });
    expect(mistakes({ NCR_SECRET: 'a', NCR_SECRET_FILE: file })).toEqual([
      'NCR_SECRET: give it or NCR_SECRET_FILE, not both',
    ]);
    writeFileSync(file, '');
    expect(mistakes({ NCR_SECRET_FILE: join(folder, 'none') })).toEqual([
      `NCR_SECRET_FILE: cannot be read, is "${join(folder, 'none')}"`,
    ]);
    rmSync(folder, { recursive: true });
  });

  it('describe themselves for the README: every field has a sentence', () => {
    expect(describeSettings([First, Second]).split('\n').slice(2)).toEqual([
      '| `NCR_COUNT` | `5` | A count. |',
      '| `NCR_FLAG` | `true` | A flag. |',
      '| `NCR_MAYBE` | – | A number, or nothing. |',
      '| `NCR_SECRET`, `NCR_SECRET_FILE` | – | A secret. |',
      '| `NCR_SIZE` | `4MiB` | A size. |',
      '| `NCR_TIME` | `10min` | A time. |',
    ]);
    for (const row of describeSettings([PlatformSettings]).split('\n').slice(2)) expect(row).toMatch(/[A-Z].*\. \|$/);
  });
});

describe("the platform's settings", () => {
  const needed = { NCR_DATABASE_URL: 'postgres://x', NCR_MASTER_KEY_FILE: 'key' };
  const readPlatform = (environment: Record<string, string>) =>
    readSettings([PlatformSettings], { ...needed, ...environment }).get(PlatformSettings) as PlatformSettings;

  it('need a database and a master key, and nothing else', () => {
    expect(() => readSettings([PlatformSettings], {})).toThrow(
      'These settings are wrong:\n  NCR_DATABASE_URL: must be given\n  NCR_MASTER_KEY_FILE: must be given',
    );
    expect(readPlatform({})).toMatchObject({ NCR_HOST: '127.0.0.1', NCR_PORT: 8080, NCR_ADMIN_PORT: undefined });
  });

  it('take public hosts as origins, and nothing but origins', () => {
    const list = 'https://Registry.example.com, http://10.0.0.1:8080';
    expect(readPlatform({ NCR_PUBLIC_HOSTS: list }).NCR_PUBLIC_HOSTS).toEqual([
      'https://registry.example.com',
      'http://10.0.0.1:8080',
    ]);
    for (const wrong of [
      'registry.example.com',
      'https://a/b',
      'ftp://a',
      'https://u@a',
      'https://a?b',
      'https://a,',
    ]) {
      expect(() => readPlatform({ NCR_PUBLIC_HOSTS: wrong })).toThrow('must be origins');
    }
  });

  it('take the addresses of other services', () => {
    expect(readPlatform({ NCR_INTERNAL_URLS: 'auth=http://auth:9000/' }).NCR_INTERNAL_URLS?.get('auth')).toBe(
      'http://auth:9000',
    );
    expect(() => readPlatform({ NCR_INTERNAL_URLS: 'auth' })).toThrow('must be entries such as');
  });
});
