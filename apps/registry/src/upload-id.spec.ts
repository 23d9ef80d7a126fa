import { BlobUploadUnknown, DigestAlgorithm, RepositoryName } from '@ncr/oci';
import * as fc from 'fast-check';
import { randomBytes, randomUUID } from 'node:crypto';
import { UploadIds, UploadOwner, uploadStarted } from './upload-id';

const ids = new UploadIds(randomBytes(32));
const owner: UploadOwner = {
  registryId: randomUUID(),
  repository: RepositoryName.parse('team/app'),
  principal: randomUUID(),
};

test.each<DigestAlgorithm>(['sha256', 'sha512'])('an id gives back what it was issued for, %s', (algorithm) => {
  const id = ids.issue(owner, algorithm);
  const claims = ids.open(id, owner);
  expect(id).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(claims.algorithm).toBe(algorithm);
  expect(claims.started).toEqual(uploadStarted(id));
});

test.each([
  ['another account', { principal: randomUUID() }],
  ['another repository', { repository: RepositoryName.parse('team/other') }],
  ['a later registry of the same name', { registryId: randomUUID() }],
])('AC-07: an id is unknown to %s', (_, difference) => {
  const id = ids.issue(owner, 'sha256');
  expect(() => ids.open(id, { ...owner, ...difference })).toThrow(BlobUploadUnknown);
});

test('AC-07: an id with any character changed is unknown, and so is any other text', () => {
  const id = ids.issue(owner, 'sha256');
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const changed = fc
    .tuple(fc.nat(id.length - 1), fc.constantFrom(...alphabet))
    .map(([at, character]) => id.slice(0, at) + character + id.slice(at + 1))
    .filter((text) => text !== id);
  fc.assert(
    fc.property(fc.oneof(changed, fc.string()), (text) => {
      expect(() => ids.open(text, owner)).toThrow(BlobUploadUnknown);
    }),
  );
});

test('an id of another installation is unknown', () => {
  expect(() => ids.open(new UploadIds(randomBytes(32)).issue(owner, 'sha256'), owner)).toThrow(BlobUploadUnknown);
});

test('an id is unknown after a week', () => {
  const id = ids.issue(owner, 'sha256');
  jest.useFakeTimers({ now: Date.now() + 7 * 86_400_000 + 1000 });
  try {
    expect(() => ids.open(id, owner)).toThrow(BlobUploadUnknown);
  } finally {
    jest.useRealTimers();
  }
});
