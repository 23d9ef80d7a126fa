import { z } from 'zod';
import { event } from './contract';

const revocation = z.object({
  /** Position in the publisher's list of revocations: dense, growing; the place to poll on from. */
  seq: z.int(),
  kind: z.enum(['principal', 'key', 'registry']),
  /** Of the principal, access key or registry. */
  id: z.uuid(),
  /** ISO 8601; tokens issued before this moment are refused. */
  notBefore: z.iso.datetime({ offset: true }),
});

/** From now on no token of this principal, key or registry that was issued earlier opens anything. */
export type Revocation = z.infer<typeof revocation>;

/** Shape of one entry of `GET /internal/revocations?after=<seq>`, which answers `{ revocations: Revocation[] }` by `seq`. */
export const revocationShape = revocation;

/** Key: the id. */
export const accessRevoked = event(
  'event.auth.access.revoked',
  revocation,
  'Tokens of a principal, an access key or a registry issued before `notBefore` became void.',
);
