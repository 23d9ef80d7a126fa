import { readFileSync } from 'node:fs';
import { z } from 'zod';

type Shape = Readonly<Record<`NCR_${string}`, z.ZodType>>;

/** What the helpers below note about a field, for boot messages and the settings reference. */
interface Facts {
  readonly default?: string;
  readonly secret?: boolean;
}

/** The settings of one service. It is a class without instances so that Nest takes it as an injection token. */
export interface SettingsSchema<S extends Shape = Shape> {
  new (): never;
  readonly fields: S;
}

/** The parsed form of a {@link SettingsSchema}: an object with the environment names as keys. */
export type SettingsOf<T> = T extends SettingsSchema<infer S> ? { readonly [K in keyof S]: z.output<S[K]> } : never;

/** Declares settings: keys are environment names, each field ends with `.describe('One sentence.')`. */
export function defineSettings<S extends Shape>(fields: S): SettingsSchema<S> {
  return class Settings {
    static readonly fields = fields;
  } as unknown as SettingsSchema<S>;
}

const units = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;
const spans = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A number of bytes: `512`, `4MiB`, `10GiB`. */
export function size(fallback: string) {
  return measured(fallback, units, 'B', 'a size such as 512, 64KiB, 4MiB or 10GiB');
}

/** A span of time, parsed to milliseconds: `500ms`, `30s`, `10min`, `12h`, `7d`. */
export function duration(fallback: string) {
  return measured(fallback, spans, undefined, 'a time such as 500ms, 30s, 10min, 12h or 7d');
}

function measured(fallback: string, factors: Readonly<Record<string, number>>, bare: string | undefined, rule: string) {
  return z
    .string()
    .prefault(fallback)
    .transform((text, context) => {
      const [, digits, unit] = /^(\d{1,15})([A-Za-z]*)$/.exec(text.trim()) ?? [];
      const factor = factors[unit || (bare ?? '')];
      const value = Number(digits) * (factor ?? Number.NaN);
      if (Number.isSafeInteger(value)) return value;
      context.addIssue(`must be ${rule}`);
      return z.NEVER;
    })
    .meta({ default: fallback } satisfies Facts);
}

/** A whole number between two bounds, both allowed. */
export function integer(fallback: number, bounds: readonly [number, number]) {
  return wholeNumber(bounds)
    .prefault(String(fallback))
    .meta({ default: String(fallback) } satisfies Facts);
}

/** A whole number between two bounds, or undefined when it is not set. */
export function optionalInteger(bounds: readonly [number, number]) {
  // Not `integer(…).optional()`: the default inside would win over "not set".
  return wholeNumber(bounds).optional();
}

function wholeNumber([lowest, highest]: readonly [number, number]) {
  const upTo = highest === Number.MAX_SAFE_INTEGER ? 'on' : `to ${highest}`;
  return z.string().transform((text, context) => {
    const value = /^-?\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (value >= lowest && value <= highest) return value;
    context.addIssue(`must be a whole number from ${lowest} ${upTo}`);
    return z.NEVER;
  });
}

/** A whole number of things, at least one. */
export function count(fallback: number) {
  return integer(fallback, [1, Number.MAX_SAFE_INTEGER]);
}

/** `true` or `false`. */
export function flag(fallback: boolean) {
  const rule = 'true or false';
  return z
    .enum(['true', 'false'], `must be ${rule}`)
    .prefault(fallback ? 'true' : 'false')
    .transform((text) => text === 'true')
    .meta({ default: String(fallback) } satisfies Facts);
}

/** Text that must not be empty; without a fallback it must be given, unless made `.optional()`. */
export function text(fallback?: string) {
  const rule = 'text that is not empty';
  const schema = z.string('must be given').min(1, `must be ${rule}`);
  return fallback === undefined ? schema : schema.prefault(fallback).meta({ default: fallback } satisfies Facts);
}

/** Text that no message ever shows; `NAME_FILE` may name a file that holds it instead. */
export function secret() {
  return z
    .string('must be given')
    .min(1, 'must not be empty')
    .meta({ secret: true } satisfies Facts);
}

/** The list of everything that is wrong with the environment. The process ends with {@link SettingsInvalid.exitCode}. */
export class SettingsInvalid extends Error {
  /** `EX_CONFIG` of sysexits.h. */
  static readonly exitCode = 78;

  constructor(readonly mistakes: readonly string[]) {
    super(['These settings are wrong:', ...mistakes.map((mistake) => `  ${mistake}`)].join('\n'));
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings of all services at once; an empty variable counts as not set.
 * Throws {@link SettingsInvalid} with every mistake: name, rule, and the value unless it is secret.
 */
export function readSettings(
  schemas: readonly SettingsSchema[],
  environment: Environment,
): Map<SettingsSchema, Readonly<Record<string, unknown>>> {
  const mistakes = new Set<string>();
  const parsed = new Map<SettingsSchema, Readonly<Record<string, unknown>>>();
  for (const schema of schemas) {
    const values: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(schema.fields)) {
      const { value, mistake } = readField(name, field, environment);
      if (mistake) mistakes.add(mistake);
      else values[name] = value;
    }
    parsed.set(schema, Object.freeze(values));
  }
  if (mistakes.size > 0) throw new SettingsInvalid([...mistakes]);
  return parsed;
}

/** Of the field and of what it makes optional: `.optional()` has none of its own. */
function factsOf(field: z.ZodType): Facts & { description?: string } {
  const inner = field instanceof z.ZodOptional ? factsOf(field.unwrap() as z.ZodType) : {};
  return { ...inner, ...field.meta() };
}

function readField(name: string, field: z.ZodType, environment: Environment): { value?: unknown; mistake?: string } {
  const hidden = Boolean(factsOf(field).secret);
  let given = environment[name] || undefined;
  const file = hidden ? environment[`${name}_FILE`] : undefined;
  if (file && given !== undefined) return { mistake: `${name}: give it or ${name}_FILE, not both` };
  if (file) {
    try {
      given = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    } catch {
      return { mistake: `${name}_FILE: cannot be read, is ${JSON.stringify(file)}` };
    }
  }
  const result = field.safeParse(given);
  if (result.success) return { value: result.data };
  const shown = given === undefined || hidden ? '' : `, is ${JSON.stringify(given)}`;
  return { mistake: `${name}: ${result.error.issues[0]?.message}${shown}` };
}

/** The settings reference of the README: one Markdown table row per setting, by name. */
export function describeSettings(schemas: readonly SettingsSchema[]): string {
  const rows = new Map<string, string>();
  for (const schema of schemas) {
    for (const [name, field] of Object.entries(schema.fields)) {
      const facts = factsOf(field);
      const variable = facts.secret ? `\`${name}\`, \`${name}_FILE\`` : `\`${name}\``;
      rows.set(
        name,
        `| ${variable} | ${facts.default === undefined ? '–' : `\`${facts.default}\``} | ${facts.description} |`,
      );
    }
  }
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  return ['| Setting | Default | What it does |', '|---|---|---|', ...sorted].join('\n');
}
