import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const sources = readdirSync(__dirname)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && name !== 'testing.ts')
  .map((name) => ({ name, text: readFileSync(join(__dirname, name), 'utf8') }));

test('the library depends on nothing outside itself', () => {
  for (const { name, text } of sources) {
    const imported = [...text.matchAll(/(?:from|import|require\()\s*['"]([^'"]+)['"]/g)].map(
      ([, specifier]) => specifier,
    );
    expect({ name, foreign: imported.filter((specifier) => !/^\.\/[a-z-]+$/.test(specifier ?? '')) }).toEqual({
      name,
      foreign: [],
    });
  }
});

test('the library uses no global that a browser lacks', () => {
  for (const { name, text } of sources) {
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    expect({ name, used: /\b(?:process|Buffer|__dirname|setImmediate|global)\b/.exec(code)?.[0] }).toEqual({ name });
  }
});
