import { Problem } from './problem';

/** Largest body of the management API, in bytes (AC-53). */
export const bodyLimit = 64 * 1024;
const deepest = 32;
const mostKeys = 1000;

const refuse = (detail: string): Problem => new Problem(400, 'json-invalid', detail);

/**
 * Parses JSON that every reader understands alike: no key twice in an object, no `__proto__`, at most 32 levels and 1000
 * keys (SR-13, AC-76). Throws a 400 problem.
 */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse('the body is not JSON');
  }
  checkStructure(text);
  return value;
}

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/** Walks text that is known to be JSON. */
function checkStructure(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  let keys = 0;
  let expectsKey = false;
  for (const [part] of text.matchAll(token)) {
    if (part === '{' || part === '[') {
      open.push(part === '{' ? new Set() : undefined);
      if (open.length > deepest) throw refuse(`the body is nested deeper than ${deepest} levels`);
      expectsKey = part === '{';
    } else if (part === '}' || part === ']') {
      open.pop();
      expectsKey = false;
    } else if (part === ',') {
      expectsKey = open.at(-1) !== undefined;
    } else if (part !== ':' && expectsKey) {
      if (++keys > mostKeys) throw refuse(`the body has more than ${mostKeys} keys`);
      addKey(open.at(-1)!, JSON.parse(part) as string);
      expectsKey = false;
    }
  }
}

function addKey(seen: Set<string>, key: string): void {
  if (key === '__proto__') throw refuse('the body has a key __proto__');
  if (seen.has(key)) throw refuse(`the body has the key ${JSON.stringify(key.slice(0, 64))} twice`);
  seen.add(key);
}

/** Parses a form's body: a field that comes more than once becomes a list. Throws a 400 problem for too many fields. */
export function parseForm(text: string): Record<string, string | string[]> {
  const form = Object.create(null) as Record<string, string | string[]>;
  let fields = 0;
  for (const [name, value] of new URLSearchParams(text)) {
    if (++fields > mostKeys) throw new Problem(400, 'form-invalid', `the body has more than ${mostKeys} fields`);
    const before = form[name];
    form[name] = before === undefined ? value : [before, value].flat();
  }
  return form;
}
