import { readOptions, UsageError } from './options';

test('a full run is five rounds of two seconds with 10 000 tags', () => {
  expect(readOptions([])).toMatchObject({ rounds: 5, seconds: 2, tags: 10_000, set: {} });
});

test('--quick shortens what is not given itself', () => {
  expect(readOptions(['--quick', '--rounds', '4'])).toMatchObject({ rounds: 4, seconds: 0.7, tags: 1000 });
});

test('contenders, settings and cases are taken', () => {
  const options = readOptions([
    '--contenders',
    'ncr,zot',
    '--set',
    'NCR_WORKERS=2',
    '--set',
    'NCR_X=a=b',
    '--only',
    'push 1',
  ]);
  expect(options.contenders).toEqual(['ncr', 'zot']);
  expect(options.set).toEqual({ NCR_WORKERS: '2', NCR_X: 'a=b' });
  expect(options.only.test('Push 10 KiB')).toBe(true);
});

test.each([
  ['an unknown option', ['--fast']],
  ['a positional argument', ['fast']],
  ['rounds that are no number', ['--rounds', 'many']],
  ['half a round', ['--rounds', '1.5']],
  ['no time', ['--seconds', '0']],
  ['a broken expression', ['--only', '(']],
  ['a setting of nobody', ['--set', 'PATH=/']],
])('%s is refused', (_, args) => {
  expect(() => readOptions(args)).toThrow(UsageError);
});
