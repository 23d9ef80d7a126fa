import { Conversation } from './conversation';
import { chunks } from './chunks';
import { deletes } from './deletes';
import { lists } from './lists';
import { manifestRefusals } from './manifest-refusals';
import { manifestTags } from './manifest-tags';
import { manifests } from './manifests';
import { mounts } from './mounts';
import { paths } from './paths';
import { pull } from './pull';
import { ranges } from './ranges';
import { referrers } from './referrers';
import { Choice, Row, Section } from './row';
import { uploadRefusals } from './upload-refusals';
import { uploads } from './uploads';

/** Actions of the token grammar (`pull`, `push`, `delete`) per repository name. */
export type RepositoryActions = Readonly<Record<string, readonly string[]>>;

/** A registry that runs, for the rows to talk to. */
export interface RegistryUnderTest {
  /** Scheme, host and port. */
  readonly url: string;
  /** Request headers that allow these actions, and the catalog; an empty object where anybody may do anything. */
  headers(actions: RepositoryActions): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** A name that nothing was pushed to yet; all of them begin with the same component. */
  freshRepository(): string;
  close(): void | Promise<void>;
}

/** In the order of the specification. */
const sections: readonly Section[] = [
  paths,
  pull,
  ranges,
  uploads,
  uploadRefusals,
  chunks,
  mounts,
  manifests,
  manifestTags,
  manifestRefusals,
  referrers,
  lists,
  deletes,
];

/**
 * Holds a registry against the OCI distribution-spec v1.1.1, its main branch, and Docker's differences, over HTTP: one
 * Jest test per sentence. `choice` says which of two allowed ways the registry goes about indexes with missing children.
 */
export function testDistributionSpec(
  name: string,
  make: () => Promise<RegistryUnderTest>,
  choice: Choice = 'strict',
): void {
  describe(name, () => {
    let registry: RegistryUnderTest;
    beforeAll(async () => {
      registry = await make();
    });
    afterAll(async () => registry.close());

    for (const { title, rows } of sections) {
      describe(title, () => {
        for (const row of rows) if (row.needs === undefined || row.needs === choice) testRow(row, () => registry);
      });
    }
  });
}

function testRow({ says, before, steps, also = [] }: Row, registry: () => RegistryUnderTest): void {
  test(
    says,
    async () => {
      const { url, headers, freshRepository } = bound(registry());
      const names = { repo: freshRepository(), other: freshRepository() };
      const further = also.map((name) => name.replace('{repo}', names.repo));
      const everything = [names.repo, names.other, ...further].map((name) => [name, ['pull', 'push', 'delete']]);
      const conversation = new Conversation(new URL(url), await headers(Object.fromEntries(everything)), names);
      for (const one of before) await conversation.given(one);
      for (const step of steps) await conversation.hold(step);
    },
    30_000,
  );
}

function bound(registry: RegistryUnderTest): Pick<RegistryUnderTest, 'url' | 'headers' | 'freshRepository'> {
  return {
    url: registry.url,
    headers: (actions) => registry.headers(actions),
    freshRepository: () => registry.freshRepository(),
  };
}
