/** One challenge of a `WWW-Authenticate` header (RFC 9110 section 11.6.1); scheme and parameter names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const token = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";
const separators = /[\s,]*/y;
const schemeName = new RegExp(`(${token})(?=[\\s,]|$)`, 'y');
const parameter = new RegExp(`(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))`, 'y');
const token68 = /\s+[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))/y;

/** Takes the header, gives its challenges in order; what is malformed ends the list. */
export function parseChallenges(header: string): Challenge[] {
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(header);
    if (match !== null) position = pattern.lastIndex;
    return match;
  };
  const challenges: Challenge[] = [];
  for (;;) {
    take(separators);
    const scheme = take(schemeName)?.[1];
    if (scheme === undefined) return challenges;
    const parameters = Object.create(null) as Record<string, string>;
    const start = position;
    for (;;) {
      take(separators);
      const found = take(parameter);
      if (found === null) break;
      const [, name = '', quoted, plain] = found;
      parameters[name.toLowerCase()] ??= plain ?? quoted?.replace(/\\(.)/g, '$1') ?? '';
    }
    // `Negotiate abc=`: neither parameters nor the next scheme.
    if (Object.keys(parameters).length === 0) {
      position = start;
      take(token68);
    }
    challenges.push({ scheme: scheme.toLowerCase(), parameters });
  }
}

/** Formats a challenge with every value quoted, which even the simplest clients can read. */
export function formatChallenge(scheme: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(parameters)
    .filter((pair): pair is [string, string] => pair[1] !== undefined)
    .map(([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`);
  return pairs.length === 0 ? scheme : `${scheme} ${pairs.join(',')}`;
}
