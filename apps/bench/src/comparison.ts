import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Case, sizes } from './cases';
import type { Contender, Credentials } from './contenders/contender';
import { Server } from './contenders/server';
import { Dataset, type Read } from './dataset';
import type { Measurement } from './load/closed-loop';
import { Generator } from './load/generator';
import type { Job, Target } from './load/jobs';
import { syncDisk } from './machine';
import { repositories } from './repositories';
import type { Memory } from './process-tree';
import { caseResult, type CaseResult, type Sample, showing, type Standing } from './result';
import { filesBelow, sweep } from './sweep';

/** A contender that runs. */
interface Party {
  contender: Contender;
  server: Server;
  credentials: Credentials;
  reads: Map<string, Read>;
  blobs: string;
  seeded: ReadonlySet<string>;
  standing: Standing;
}

/** What is run and how often. */
export interface Plan {
  cases: Case[];
  rounds: number;
  seconds: number;
  tags: number;
  /** Told about every step, for a person who waits. */
  progress: (line: string) => void;
}

const pushBytesPerRun = 1.5 * 2 ** 30;
const pushesPerSecond = 15_000;
const hashEvery = 50;

/**
 * Runs all contenders side by side on one machine: all up at once, and in every round each case for one contender after the
 * other, so that what the machine does to one it does to all. The first round warms up and is not counted, but every body of
 * it is hashed.
 */
export class Comparison {
  private readonly generator = new Generator();
  private readonly samples = new Map<string, Sample[]>();

  constructor(
    private readonly contenders: readonly Contender[],
    private readonly plan: Plan,
    private readonly folder: string,
  ) {}

  async run(): Promise<{ contenders: Standing[]; cases: CaseResult[] }> {
    const { cases, rounds, tags } = this.plan;
    const dataset = new Dataset(tags, cases);
    const parties: Party[] = [];
    for (const contender of this.contenders) parties.push(await this.admit(contender, dataset));
    for (let round = 0; round <= rounds; round++) {
      const order = parties
        .map((_, index) => parties[(index + round) % parties.length])
        .filter((party) => party !== undefined);
      for (const one of cases) await this.turn(order, one, round);
    }
    return {
      contenders: parties.map(({ standing }) => standing),
      cases: cases.map((one) => caseResult(one, Object.fromEntries(parties.map((party) => this.shown(party, one))))),
    };
  }

  /** Ends all servers and the load generator. */
  async stop(): Promise<void> {
    this.generator.stop();
    await Server.stopAll();
  }

  private async admit(contender: Contender, dataset: Dataset): Promise<Party> {
    const folder = join(this.folder, contender.name);
    mkdirSync(folder, { mode: 0o755 });
    this.plan.progress(`${contender.name}: starting`);
    const server = await contender.start(folder);
    const start = server.tree.memory();
    const credentials = await contender.login(server);
    this.plan.progress(`${contender.name}: seeding`);
    const begun = Date.now();
    const reads = await dataset.seed(await target(server, credentials));
    this.plan.progress(`${contender.name}: seeded in ${Math.round((Date.now() - begun) / 1000)} s`);
    const memory = { start, seeded: server.tree.memory(), highest: server.tree.memory() };
    const { name, description, durability } = contender;
    const blobs = join(folder, contender.blobs);
    const standing = { name, description, durability, processes: server.tree.names(), memory };
    return { contender, server, credentials, reads, blobs, seeded: new Set(filesBelow(blobs)), standing };
  }

  private async turn(order: Party[], one: Case, round: number): Promise<void> {
    const shown: string[] = [];
    for (const party of order) {
      const sample = await this.sample(party, one, round).catch((error: unknown) => failed(error));
      const key = `${party.contender.name} ${one.name}`;
      this.samples.set(key, [...(this.samples.get(key) ?? []), sample]);
      const trouble = sample.errors > 0 ? ` (${sample.errors} ERRORS: ${sample.firstError})` : '';
      if (trouble) this.plan.progress(`${party.contender.name} wrote:\n${party.server.output()}`);
      shown.push(`${party.contender.name} ${sample.rate.toPrecision(4)}${trouble}`);
    }
    const title = round === 0 ? 'warm-up' : `round ${round} of ${this.plan.rounds}`;
    this.plan.progress(`${title}: ${one.name}, ${one.unit}: ${shown.join(', ')}`);
  }

  private async sample(party: Party, one: Case, round: number): Promise<Sample> {
    const { server, standing } = party;
    const job = this.job(await target(server, party.credentials), party, one, round);
    const before = server.tree.cpuSeconds();
    const measured = await this.generator.run(job);
    const used = server.tree.cpuSeconds() - before;
    standing.memory.highest = higher(standing.memory.highest, server.tree.memory());
    const settled = one.kind === 'push' ? await this.settle(party, one.size) : undefined;
    const firstError = measured.firstError ?? settled?.firstError;
    return {
      rate: (one.unit === 'MB/s' ? measured.bytes / 1e6 : measured.operations) / measured.seconds,
      cpuPerOperation: (used * 1e6) / measured.operations,
      p50: measured.p50,
      p99: measured.p99,
      operations: measured.operations,
      errors: measured.errors + (settled?.errors ?? 0),
      ...(firstError === undefined ? {} : { firstError }),
      clientBusy: measured.clientSeconds / measured.seconds,
    };
  }

  private job(to: Target, { reads }: Party, one: Case, round: number): Job {
    const seconds = round === 0 ? Math.min(1, this.plan.seconds) : this.plan.seconds;
    const pace = { ...to, connections: one.connections, seconds };
    if (one.kind === 'push') {
      const limit = Math.min(Math.floor(pushBytesPerRun / one.size), Math.ceil(seconds * pushesPerSecond));
      return { ...pace, kind: 'push', repository: repositories.pushed, size: one.size, limit };
    }
    const read = reads.get(one.name);
    if (!read) throw new Error(`nothing was seeded for ${one.name}`);
    return { ...pace, ...read, kind: 'read', method: one.method, hashEvery: round === 0 ? 1 : hashEvery };
  }

  /** Sees that all is there that was pushed, then removes it where it would fill the disk. */
  private async settle({ server, credentials, blobs, seeded }: Party, size: number): Promise<Measurement> {
    const remove = size >= sizes['1 MiB'];
    const to = await target(server, credentials);
    const settled = await this.generator.run({ ...to, kind: 'settle', repository: repositories.pushed, size, remove });
    if (remove) {
      sweep(blobs, size, seeded);
      await syncDisk(this.folder);
    }
    return settled;
  }

  private shown({ contender }: Party, one: Case): [string, ReturnType<typeof showing>] {
    const [warmUp, ...rounds] = this.samples.get(`${contender.name} ${one.name}`) ?? [];
    return [contender.name, showing(rounds, warmUp ? [warmUp] : [])];
  }
}

async function target({ launch }: Server, credentials: Credentials): Promise<Target> {
  const authorization = await credentials();
  const host = `127.0.0.1:${launch.port}`;
  const caller = authorization === undefined ? { host } : { host, authorization };
  return { address: { host: '127.0.0.1', port: launch.port }, caller };
}

function higher(a: Memory, b: Memory): Memory {
  return { pss: Math.max(a.pss, b.pss), rss: Math.max(a.rss, b.rss) };
}

/** A run that could not take place at all counts as one error. */
function failed(error: unknown): Sample {
  const nothing = { rate: 0, cpuPerOperation: NaN, p50: NaN, p99: NaN, operations: 0, clientBusy: 0 };
  return { ...nothing, errors: 1, firstError: error instanceof Error ? error.message : String(error) };
}
