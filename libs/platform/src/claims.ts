import { roles } from '@ncr/contracts';
import { z } from 'zod';

/** What a token is for: its `aud` and `typ` both follow from this. */
export type Audience = 'registry' | 'management';

/** `typ` header per audience, so that no kind of token passes for another (RFC 8725, 3.11). */
export const tokenTypes: Readonly<Record<Audience, string>> = {
  registry: 'registry-access+jwt',
  management: 'management-access+jwt',
};

const role = z.enum(roles);

/** Shape of the claims that the verifier reads; `aud`, `iss` and the times are checked by it. */
export const claimsShape = z.object({
  iss: z.string().min(1),
  aud: z.string().min(1),
  jti: z.string().min(1),
  sub: z.string(),
  iat: z.number(),
  nbf: z.number(),
  exp: z.number(),
  principal: z.object({ id: z.string(), name: z.string(), kind: z.enum(['account', 'anonymous', 'robot']) }),
  key: z.uuid().optional(),
  access: z
    .array(
      z.object({
        type: z.enum(['repository', 'registry']),
        name: z.string(),
        /** Of the repository's registry, so that a token never opens a later one of the same name (AC-11). */
        registry: z.uuid().nullable(),
        actions: z.array(z.string()),
      }),
    )
    .optional(),
  grants: z.object({ service: role.optional(), registries: z.record(z.uuid(), role) }).optional(),
});

/**
 * What a verified token says. Times are seconds since 1970 with the milliseconds as a fraction; `sub` is the principal's
 * id, empty for anonymous; `key` the access key that it was got with.
 */
export type Claims = Readonly<z.infer<typeof claimsShape>>;
