import { existsSync, readFileSync } from 'node:fs';

/** What a conformance suite found: names of checks. */
export interface Report {
  readonly passed: number;
  readonly failed: readonly { readonly name: string; readonly why: string }[];
  readonly skipped: readonly string[];
}

/** Reads the `junit.xml` of either suite; undefined when there is none. */
export function readReport(file: string): Report | undefined {
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  // Other names are the release's own steps, such as writing the report.
  const cases = [...text.matchAll(/<testcase name="(OCI [^"]*)"[^>]*\bstatus="(\w+)"[^>]*?(\/?)>/g)];
  const checks = cases.map((match, number) => ({
    name: decode(match[1] ?? ''),
    status: match[2] ?? '',
    body: match[3] ? '' : text.slice(match.index, cases[number + 1]?.index),
  }));
  const passed = checks.filter(({ status }) => status === 'passed');
  const skipped = checks.filter(({ status }) => status === 'skipped');
  const failed = checks.filter((check) => !passed.includes(check) && !skipped.includes(check));
  return {
    passed: passed.length,
    skipped: skipped.map(({ name }) => name),
    failed: failed.map(({ name, body }) => ({ name, why: reason(body) })),
  };
}

/** The release puts its complaint into `failure`, the rewrite into `system-out`. */
function reason(body: string): string {
  const [, message, text] = /<failure message="([^"]*)"|<system-out>([^<]*)/.exec(body) ?? [];
  return decode(message ?? text ?? 'no reason given')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 500);
}

function decode(text: string): string {
  const named: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
  return text.replaceAll(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal, hex, name: string) =>
    decimal || hex
      ? String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(String(hex), 16))
      : (named[name] ?? whole),
  );
}
