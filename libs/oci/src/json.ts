import { ManifestInvalid } from './errors';

/** A JSON object as it came off the wire: nothing about its fields is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads bytes as a JSON object that means the same to every reader. Gives undefined for bytes that are something else
 * (not UTF-8, not JSON, not an object); throws {@link ManifestInvalid} for an object nested deeper than `depth` or
 * with a field that occurs twice, since readers disagree on which of the two counts. Time is linear in the bytes.
 */
export function readObject(bytes: Uint8Array, depth: number): JsonObject | undefined {
  const text = decode(bytes);
  if (text === undefined || !/^[ \t\r\n]*\{/.test(text)) return undefined;
  const repeated = findRepeatedKey(text, depth);
  const value = parse(text);
  if (!isObject(value)) return undefined;
  if (repeated !== undefined) throw new ManifestInvalid('a field occurs twice', { field: repeated.slice(0, 100) });
  return value;
}

/** The byte order mark is kept, so that JSON refuses it as every other reader does. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Walks text that may not even be JSON: the parser decides on that afterwards, once its depth is known to be bounded. */
function findRepeatedKey(text: string, depth: number): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  // One set per level, used again by every object of that level: a million empty objects cost no million sets.
  const levels: Set<string>[] = [];
  let keyFollows = false;
  let repeated: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      if (end < 0) return repeated;
      const keys = keyFollows ? open.at(-1) : undefined;
      if (keys !== undefined) {
        const key = unescaped(text.slice(at, end + 1));
        if (keys.has(key)) repeated ??= key;
        keys.add(key);
      }
      keyFollows = false;
      at = end;
    } else if (character === '{' || character === '[') {
      if (open.length >= depth) throw new ManifestInvalid(`manifest is nested deeper than ${depth} levels`);
      const keys = (levels[open.length] ??= new Set());
      if (keys.size > 0) keys.clear();
      open.push(character === '{' ? keys : undefined);
      keyFollows = character === '{';
    } else if (character === '}' || character === ']') {
      open.pop();
      keyFollows = false;
    } else if (character === ',') {
      keyFollows = open.at(-1) !== undefined;
    }
  }
  return repeated;
}

/** Position of the closing quote of the string that opens at `start`, or -1. */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote >= 0) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return quote;
    quote = text.indexOf('"', quote + 1);
  }
  return -1;
}

/** `"\u0061"` and `"a"` are the same key. */
function unescaped(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  const key = parse(quoted);
  return typeof key === 'string' ? key : quoted;
}
