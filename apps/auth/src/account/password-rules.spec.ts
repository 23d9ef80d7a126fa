import { accountName } from './account-name';
import { delayAfter } from './login-throttle';
import { normalPassword, weakness } from './password-rules';

describe('a password', () => {
  it.each([
    ['eleven char', 'too-short'],
    ['twelve chars', undefined],
    ['a'.repeat(40), 'well-known'],
    ['x7'.repeat(64), 'well-known'],
    ['correct horse battery staple '.repeat(4), undefined],
    ['correct horse battery staple '.repeat(5), 'too-long'],
    ['Password1234', 'well-known'],
    ['jane@example.com', 'well-known'],
    ['🐎🐎🐎🐎🐎🐎', 'too-short'],
  ])('%j is %s', (password, expected) => {
    expect(weakness(password, 'jane@example.com')).toBe(expected);
  });

  it('is the same however a keyboard composes its letters (AC-63)', () => {
    expect(normalPassword('Schlu\u0308ssel')).toBe(normalPassword('Schl\u00fcssel'));
  });
});

describe('a name', () => {
  it.each([
    ['Jane@Example.com', 'jane@example.com'],
    ['admin@ncr.local', 'admin@ncr.local'],
    ['김@예.한국', '김@예.한국'.normalize('NFC')],
    ['jane', undefined],
    ['jane@', undefined],
    ['a:b@c', undefined],
    ['a b@c', undefined],
    ['a@b@c', undefined],
    [`${'a'.repeat(254)}@b`, undefined],
  ])('%j is stored as %j', (text, expected) => {
    expect(accountName(text)).toBe(expected);
  });
});

it('the wait after wrong passwords doubles, up to a quarter of an hour (SR-10)', () => {
  expect([0, 4, 5, 6, 7, 10, 14, 15, 100].map(delayAfter)).toEqual([0, 0, 1, 2, 4, 32, 512, 900, 900]);
});
