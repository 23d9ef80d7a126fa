import { sha256 } from '../content';
import { Repository } from '../repository';
import { Ledger, Pushed } from './ledger';

/** Requests at a time. */
const atOnce = 6;

/**
 * Pulls what was pushed from `round` on and compares it with what was promised (INV-1): what was acknowledged is there,
 * byte for byte; what was not is there as well, or not at all. Then reads every tag and has the ledger judge it (INV-2).
 */
export async function verify(ledger: Ledger, repositories: readonly Repository[], round = 0): Promise<void> {
  const of = new Map(repositories.map((repository) => [repository.name, repository]));
  const blobs = ledger.blobs.filter((blob) => blob.round >= round);
  const manifests = ledger.manifests.filter((manifest) => manifest.round >= round);
  await each(blobs, async (blob) => {
    const found = await check(ledger, of.get(blob.repository)!, 'blobs', blob);
    if (found && found.length !== blob.size) ledger.surprise(-1, `INV-1: ${blob.digest} has ${found.length} bytes`);
  });
  await each(manifests, async (manifest) => {
    const found = await check(ledger, of.get(manifest.repository)!, 'manifests', manifest);
    if (found) await checkBlobs(ledger, of.get(manifest.repository)!, manifest);
  });
  const now = new Map<string, string | undefined>();
  await each(ledger.tagNames, async (name) => {
    const [repository = '', tag = ''] = name.split(':');
    const response = await of.get(repository)!.send('GET', `manifests/${tag}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    if (response.status !== 404) now.set(name, sha256(bytes));
  });
  ledger.settle(now);
}

/** The bytes, undefined when it is rightly absent. */
async function check(
  ledger: Ledger,
  repository: Repository,
  kind: 'blobs' | 'manifests',
  pushed: Pushed,
): Promise<Buffer | undefined> {
  const path = `${kind}/${pushed.digest}`;
  const head = await repository.send('HEAD', path);
  const { status, bytes } = await read(repository, path);
  const name = `${path} of ${repository.name}, pushed in round ${pushed.round}`;
  const absent = status === 404 && head.status === 404;
  if (absent && !pushed.acknowledged) return undefined;
  const complete = status === 200 && head.status === 200 && sha256(bytes) === pushed.digest;
  if (complete) return bytes;
  const promise = pushed.acknowledged ? 'was acknowledged' : 'was not acknowledged';
  ledger.surprise(-1, `INV-1: ${name}, ${promise}: HEAD ${head.status}, GET ${status}, ${bytes.length} bytes`);
  return undefined;
}

/** The status is 0 for an answer that broke off. */
async function read(repository: Repository, path: string): Promise<{ status: number; bytes: Buffer }> {
  try {
    const response = await repository.send('GET', path);
    return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
  } catch {
    return { status: 0, bytes: Buffer.alloc(0) };
  }
}

async function checkBlobs(ledger: Ledger, repository: Repository, manifest: Pushed): Promise<void> {
  for (const digest of new Set(manifest.blobs)) {
    const { status } = await repository.send('HEAD', `blobs/${digest}`);
    if (status !== 200) ledger.surprise(-1, `INV-1: ${manifest.digest} names ${digest}, which is ${status}`);
  }
}

async function each<T>(list: readonly T[], work: (entry: T) => Promise<void>): Promise<void> {
  const queue = [...list];
  const lane = async (): Promise<void> => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) await work(next);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
