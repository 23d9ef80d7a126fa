import { z } from 'zod';
import { event } from './contract';

const registry = z.object({
  id: z.uuid(),
  name: z.string(),
  anonymousPull: z.boolean(),
  /** Grows with every change of the registry; a receiver that knows a higher one ignores the event. */
  version: z.int(),
  /** True once it is deleted. */
  deleted: z.boolean().optional(),
});

const repository = z.object({
  registryId: z.uuid(),
  /** `<registry>/<image>`. */
  repository: z.string(),
});

const manifest = repository.extend({
  digest: z.string(),
  mediaType: z.string(),
  /** Bytes of the manifest itself. */
  size: z.int(),
  /** The tags that point to it because of this change, or that went with it. */
  tags: z.array(z.string()),
  /** Who did it: an account or robot. */
  principalId: z.uuid(),
});

const tag = repository.extend({ tag: z.string(), digest: z.string(), principalId: z.uuid() });

export type RegistryFacts = z.infer<typeof registry>;
export type ManifestFacts = z.infer<typeof manifest>;
export type TagFacts = z.infer<typeof tag>;

/** Key: the registry's id. */
export const registryCreated = event(
  'event.registry.registry.created',
  registry,
  'A registry was created; its name is taken from now on.',
);

/** Key: the registry's id. */
export const registryChanged = event(
  'event.registry.registry.changed',
  registry,
  'Settings of a registry changed; the payload holds all of them as they are now.',
);

/** Key: the registry's id. */
export const registryDeleted = event(
  'event.registry.registry.deleted',
  registry,
  'A registry was deleted; tokens that name its id must not open anything any more.',
);

/** Key of this and the other events of a repository: `<registry>/<image>`. */
export const manifestPushed = event(
  'event.registry.manifest.pushed',
  manifest,
  'A manifest was pushed, new or again; it and everything it refers to can be pulled.',
);

export const manifestDeleted = event(
  'event.registry.manifest.deleted',
  manifest,
  'A manifest was deleted with the tags listed; it can no longer be pulled.',
);

export const tagCreated = event(
  'event.registry.tag.created',
  tag,
  'A tag that did not exist now points to the digest.',
);

export const tagMoved = event(
  'event.registry.tag.moved',
  tag.extend({ previous: z.string() }),
  'A tag points to another digest than before; `previous` is the one it left.',
);

export const tagDeleted = event(
  'event.registry.tag.deleted',
  tag,
  'A tag was deleted, alone or with its manifest; `digest` is what it pointed to.',
);
