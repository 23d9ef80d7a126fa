// The one entry behind `npm start`, `npm test` and the rest. Needs Node 20.19 and npm, nothing else: no dependency is
// installed when it begins.
import { bench, check, dev, e2e, start, test } from './run/commands.mjs';

const commands = { start, test, check, dev, e2e, bench };
const [name = '', ...args] = process.argv.slice(2);

if (!Object.hasOwn(commands, name)) {
  console.error(`usage: node tools/run.mjs ${Object.keys(commands).join('|')} [arguments]`);
  process.exit(64);
}
try {
  process.exitCode = await commands[name](args);
} catch (error) {
  console.error(error instanceof Error && error.name === 'Refusal' ? error.message : error);
  process.exitCode = 1;
}
