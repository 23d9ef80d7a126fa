/**
 * The query of a request target. Pairs are looked up on demand: a parameter that nobody asks for is never decoded, so
 * unknown ones cannot cause an error (`ns=` of mirrors, distribution-spec "Registry Proxying").
 */
export class Query {
  static readonly empty = new Query('');

  /** Takes what follows the `?`. */
  constructor(private readonly text: string) {}

  /** Every value of a parameter, in order, percent-decoded; `+` stands for itself (media types contain it). */
  all(name: string): string[] {
    if (this.text === '') return [];
    const values: string[] = [];
    for (const pair of this.text.split('&')) {
      const equals = pair.indexOf('=');
      const key = equals < 0 ? pair : pair.slice(0, equals);
      if (decoded(key) === name) values.push(equals < 0 ? '' : decoded(pair.slice(equals + 1)));
    }
    return values;
  }

  /** The first value of a parameter. */
  get(name: string): string | undefined {
    return this.all(name)[0];
  }
}

/** Text with a broken escape stays as it is; whoever parses the value refuses it. */
function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Formats parameters as `?a=b&c=d`, values percent-encoded, absent ones left out; the empty string when none is left. */
export function formatQuery(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const pairs = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
