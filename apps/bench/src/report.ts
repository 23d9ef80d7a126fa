import type { Memory } from './process-tree';
import type { CaseResult, Result, Showing } from './result';

type Table = string[][];

/** The whole report as Markdown, which is also fit to be read as text. */
export function markdown(result: Result): string {
  const { machine } = result;
  const [own, ...peers] = result.contenders.map(({ name }) => name);
  return [
    `# Benchmark of ${result.date}`,
    `${result.rounds} rounds of ${result.seconds} s, interleaved, after a round that is not counted. ${machine.processor}, ` +
      `${machine.cores} cores shared with the load generator, ${machine.memoryGiB} GiB, Linux ${machine.kernel}, ` +
      `Node ${machine.node}, revision ${machine.revision}, load before ${machine.loadBefore}.`,
    result.contenders.map(({ name, description }) => `- ${name}: ${description}`).join('\n'),
    `What a 201 means:\n\n${result.contenders.map(({ name, durability }) => `- ${name}: ${durability}`).join('\n')}`,
    ...(own === undefined || peers.length === 0
      ? []
      : [`## Rate of ${own} divided by that of others`, quartileNote, render(ratioTable(result, peers))]),
    '## Rate, CPU per operation, p50 / p99',
    'Rates are medians of the rounds; CPU is user and system time of all processes of the server, database included.',
    render(absoluteTable(result)),
    '## Memory, MiB PSS (RSS), all processes',
    render(memoryTable(result)),
    ...problems(result),
  ].join('\n\n');
}

const quartileNote =
  'Median of the ratios of the rounds (lower to upper quartile). A target holds when the lower quartile reaches it.';

function ratioTable({ cases }: Result, peers: string[]): Table {
  const rows = cases.map((one) => [one.name, ...peers.map((peer) => ratio(one, peer)), target(one)]);
  return [['case', ...peers, 'target, × distribution'], ...rows];
}

function ratio({ ratios }: CaseResult, peer: string): string {
  const found = ratios[peer];
  return found ? `${three(found.median)} (${three(found.lower)}–${three(found.upper)})` : '-';
}

function target({ target, ratios }: CaseResult): string {
  if (target === undefined) return '';
  const reached = ratios['distribution']?.lower;
  const verdict = reached === undefined ? 'not compared' : reached >= target ? 'met' : 'MISSED';
  return `≥ ${target}: ${verdict}`;
}

function absoluteTable({ cases, contenders }: Result): Table {
  const rows = cases.map((one) => [one.name, one.unit, ...contenders.map(({ name }) => cell(one.contenders[name]))]);
  return [['case', 'unit', ...contenders.map(({ name }) => name)], ...rows];
}

function cell(showing: Showing | undefined): string {
  if (!showing) return '-';
  if (showing.errors > 0) return `${showing.errors} errors`;
  const { rate, cpuPerOperation: cpu, p50, p99 } = showing;
  const cost = cpu >= 10_000 ? `${three(cpu / 1000)} ms` : `${three(cpu)} µs`;
  return `${three(rate.median)}, ${cost}, ${three(p50)} / ${three(p99)} ms`;
}

function memoryTable({ contenders }: Result): Table {
  const rows = contenders.map(({ name, memory, processes }) => [
    name,
    mebibytes(memory.start),
    mebibytes(memory.seeded),
    mebibytes(memory.highest),
    Object.entries(processes)
      .map(([process, count]) => `${count} × ${process}`)
      .join(', '),
  ]);
  return [['contender', 'start', 'seeded', 'highest after a run', 'processes'], ...rows];
}

function mebibytes({ pss, rss }: Memory): string {
  return `${Math.round(pss / 2 ** 20)} (${Math.round(rss / 2 ** 20)})`;
}

/** Why some figures are void, and which ones to take with care. */
function problems({ cases }: Result): string[] {
  const lines = cases.flatMap((one) =>
    Object.entries(one.contenders).flatMap(([name, { errors, firstError, spread, clientBusy }]) => {
      const about = `- ${one.name}, ${name}: `;
      if (errors > 0) return [`${about}${errors} errors, the first: ${firstError}`];
      return [
        ...(spread > 1.5 ? [`${about}rounds lie ${three(spread)} × apart`] : []),
        ...(clientBusy > 0.9
          ? [`${about}the load generator was busy ${Math.round(clientBusy * 100)} % of the time`]
          : []),
      ];
    }),
  );
  return lines.length > 0 ? ['## To be taken with care', lines.join('\n')] : [];
}

/** Three significant digits, never in exponents. */
function three(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : '-';
}

/** Lines the columns up, so that the source of the Markdown reads as a table too. */
function render(table: Table): string {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]): string =>
    `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...rows] = table;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}
