import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { bytesOf, ByteSource } from '../bytes';
import { Digest } from '../digest';
import { BlobTooLarge, BlobUploadUnknown, RangeInvalid, SizeInvalid } from '../errors';
import { mediaTypes } from '../media-types';
import { RepositoryName } from '../repository-name';
import { MemoryRegistry } from './memory-registry';

const repository = RepositoryName.parse('team/app');
const text = (content: string): ByteSource => bytesOf(Buffer.from(content));
const sha256 = (content: string): Digest => Digest.of('sha256', createHash('sha256').update(content).digest('hex'));

test('a second writer of an upload is refused while the first is at it, and told where the upload stands', async () => {
  const registry = new MemoryRegistry();
  const { id } = await registry.startUpload(repository);
  await registry.appendUpload(repository, id, { content: text('abc') });
  const signal = new AbortController();
  const slow: ByteSource = {
    async sendTo(write) {
      await once(signal.signal, 'abort');
      await write(Buffer.from('def'));
    },
  };
  const first = registry.appendUpload(repository, id, { content: slow });
  const second = registry.appendUpload(repository, id, { content: text('xyz') });
  await expect(second).rejects.toMatchObject({ detail: { offset: 3 }, headers: { Range: '0-2' } });
  await expect(second).rejects.toBeInstanceOf(RangeInvalid);
  await expect(registry.finishUpload(repository, id, sha256('abc'))).rejects.toBeInstanceOf(RangeInvalid);
  signal.abort();
  expect(await first).toEqual({ id, offset: 6 });
  await registry.finishUpload(repository, id, sha256('abcdef'));
});

test('what arrived before a sender broke off stays; a piece that is not what its range says is dropped', async () => {
  const registry = new MemoryRegistry({ blobLimit: 8 });
  const { id } = await registry.startUpload(repository);
  const broken: ByteSource = {
    async sendTo(write) {
      await write(Buffer.from('abc'));
      throw new Error('connection reset');
    },
  };
  await expect(registry.appendUpload(repository, id, { content: broken })).rejects.toThrow('connection reset');
  expect(await registry.uploadStatus(repository, id)).toEqual({ id, offset: 3 });
  for (const [content, end] of [
    ['de', 5],
    ['defg', 5],
  ] as const) {
    const unannounced: ByteSource = { sendTo: async (write) => text(content).sendTo(write) };
    const piece = registry.appendUpload(repository, id, { content: unannounced, range: { start: 3, end } });
    await expect(piece).rejects.toBeInstanceOf(SizeInvalid);
    expect(await registry.uploadStatus(repository, id)).toEqual({ id, offset: 3 });
  }
  await expect(registry.appendUpload(repository, id, { content: text('defghi') })).rejects.toBeInstanceOf(BlobTooLarge);
});

test('an upload belongs to its repository', async () => {
  const registry = new MemoryRegistry();
  const { id } = await registry.startUpload(repository);
  const other = RepositoryName.parse('team/other');
  await expect(registry.uploadStatus(other, id)).rejects.toBeInstanceOf(BlobUploadUnknown);
  await expect(registry.appendUpload(other, id, { content: text('a') })).rejects.toBeInstanceOf(BlobUploadUnknown);
  await expect(registry.finishUpload(other, id, sha256(''))).rejects.toBeInstanceOf(BlobUploadUnknown);
  await expect(registry.cancelUpload(other, id)).rejects.toBeInstanceOf(BlobUploadUnknown);
  expect(await registry.uploadStatus(repository, id)).toEqual({ id, offset: 0 });
});

test('large blobs are read in pieces, and ranges of them exactly', async () => {
  const registry = new MemoryRegistry();
  const content = Buffer.alloc(300_000, 'abcdefg');
  const digest = await registry.addBlob(repository, content);
  const blob = await registry.getBlob(repository, digest);
  expect(blob.bytes).toBeUndefined();
  for (const range of [
    { start: 0, end: 299_999 },
    { start: 65_535, end: 65_536 },
    { start: 299_999, end: 299_999 },
  ]) {
    const pieces: Uint8Array[] = [];
    await blob.read(range, (piece) => void pieces.push(Uint8Array.from(piece)));
    expect(Buffer.concat(pieces).equals(content.subarray(range.start, range.end + 1))).toBe(true);
  }
});

test('a page of referrers fits its limit, and the pages together are all of them in order', async () => {
  const registry = new MemoryRegistry({ referrersLimit: 2_000 });
  const subject = sha256('subject');
  const pushed: string[] = [];
  for (let at = 0; at < 20; at++) {
    const body = {
      schemaVersion: 2,
      manifests: [],
      subject: { mediaType: mediaTypes.imageIndex, digest: subject, size: 7 },
      annotations: { at: String(at) },
    };
    const manifest = { mediaType: mediaTypes.imageIndex, bytes: Buffer.from(JSON.stringify(body)) };
    pushed.push((await registry.putManifest(repository, manifest, { tags: [] })).digest.toString());
  }
  const listed: string[] = [];
  for (let after: Digest | undefined, more = true; more;) {
    const page = await registry.listReferrers(repository, subject, after === undefined ? {} : { after });
    expect(Buffer.byteLength(JSON.stringify(page.entries))).toBeLessThan(2_000);
    listed.push(...page.entries.map(({ digest }) => digest.toString()));
    after = page.entries.at(-1)?.digest;
    more = page.more;
  }
  expect(listed).toEqual(pushed.sort());
});
