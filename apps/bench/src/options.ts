import { parseArgs } from 'node:util';
import { memoryToTouch } from './machine';

/** How a run is to be. */
export interface Options {
  rounds: number;
  /** Of one case of one contender in one round. */
  seconds: number;
  /** Tags in the large repository. */
  tags: number;
  only: RegExp;
  /** Names of contenders, or undefined for all that are there. */
  contenders?: string[];
  /** GiB of memory to write to before. */
  touch: number;
  /** Folder for the files, or undefined for `bench-results` in the checkout. */
  out?: string;
  /** Settings of ours that differ from the default. */
  set: Record<string, string>;
}

export const usage = `npm run bench -- [options]
  --quick               under five minutes: 3 rounds of 0.7 s, 1000 tags
  --rounds <n>          counted rounds (5)
  --seconds <s>         time of one case of one contender in one round (2)
  --only <regex>        only the cases whose name matches, in any case of letters
  --contenders <a,b>    ncr, distribution, zot, zot-commit (ncr, distribution, and zot where NCR_BENCH_ZOT names its program)
  --tags <n>            tags in the large repository (10000)
  --touch <GiB>         memory to write to before (half of what is free, at most 8)
  --set <NCR_X=value>   a setting of ours, may be repeated
  --out <folder>        where the JSON and Markdown files go (bench-results)`;

/** The command line asks for something that does not exist. */
export class UsageError extends Error {}

/** Takes the arguments after the program's name; throws {@link UsageError}. */
export function readOptions(args: string[]): Options {
  const given = parse(args);
  const quick = given.quick === true;
  return {
    rounds: number('rounds', given.rounds, quick ? 3 : 5),
    seconds: number('seconds', given.seconds, quick ? 0.7 : 2),
    tags: number('tags', given.tags, quick ? 1000 : 10_000),
    only: pattern(given.only ?? ''),
    ...(given.contenders === undefined ? {} : { contenders: given.contenders.split(',') }),
    touch: given.touch === '0' ? 0 : number('touch', given.touch, memoryToTouch()),
    ...(given.out === undefined ? {} : { out: given.out }),
    set: Object.fromEntries((given.set ?? []).map(setting)),
  };
}

interface Given {
  quick?: boolean;
  rounds?: string;
  seconds?: string;
  only?: string;
  contenders?: string;
  tags?: string;
  touch?: string;
  out?: string;
  set?: string[];
}

function parse(args: string[]): Given {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args,
      options: {
        quick: { type: 'boolean' },
        rounds: text,
        seconds: text,
        only: text,
        contenders: text,
        tags: text,
        touch: text,
        out: text,
        set: { type: 'string', multiple: true },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function number(name: string, text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  const whole = name === 'rounds' || name === 'tags';
  if (
    !Number.isFinite(value) ||
    value < 0 ||
    (text !== undefined && value === 0) ||
    (whole && !Number.isInteger(value))
  ) {
    throw new UsageError(`--${name} must be a ${whole ? 'whole ' : ''}number above 0, not "${text}"`);
  }
  return value;
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text, 'i');
  } catch {
    throw new UsageError(`--only must be a regular expression, not "${text}"`);
  }
}

function setting(text: string): [string, string] {
  const [, name, value] = /^(NCR_[A-Z0-9_]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new UsageError(`--set must be NCR_NAME=value, not "${text}"`);
  return [name, value];
}
