import { describeSettings, PlatformSettings } from '@ncr/platform';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { services } from './services';

const readme = join(__dirname, '../../../README.md');
const begin = '<!-- settings: generated, NCR_UPDATE_README=1 npx jest settings.spec -->\n';
const end = '\n<!-- end of settings -->';

test('RUN-1: the settings table of the README is the one that the code has', () => {
  const text = readFileSync(readme, 'utf8');
  const [before, rest] = text.split(begin);
  const [table, after] = rest.split(end);
  const current = describeSettings([PlatformSettings, ...services.map(({ settings }) => settings)]);
  if (process.env.NCR_UPDATE_README) writeFileSync(readme, `${before}${begin}${current}${end}${after}`);
  else expect(table).toBe(current);
});
