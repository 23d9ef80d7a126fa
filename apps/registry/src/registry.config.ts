import { defineSettings, flag, integer, SettingsOf, size, text } from '@ncr/platform';

/** What an operator can set about push and pull. */
export const RegistrySettings = defineSettings({
  NCR_STORAGE: text().optional().describe('Where blobs lie, as file:/path; unset: the folder blobs under NCR_DATA.'),
  NCR_WORKERS: integer(1, [1, 64]).describe(
    'Processes that share the port; a single one also remembers where tags point, more of them use more cores.',
  ),
  NCR_MAX_MANIFEST_SIZE: size('4MiB').describe('Largest manifest that is accepted; clients do not read beyond 4 MiB.'),
  NCR_MAX_BLOB_SIZE: size('1TiB').describe('Largest blob that is accepted.'),
  NCR_MAX_OPEN_UPLOADS: integer(200, [1, 1_000_000]).describe(
    'Unfinished uploads of one account or robot that got a byte within the last 24 hours.',
  ),
  NCR_MAX_INDEX_DEPTH: integer(5, [1, 100]).describe('Levels of indexes inside indexes.'),
  NCR_MAX_INDEX_CHILDREN: integer(500, [1, 100_000]).describe('Manifests that one index may name.'),
  NCR_MAX_LAYERS: integer(1000, [1, 100_000]).describe('Layers that one manifest may name.'),
  NCR_SPARSE_INDEXES: flag(false).describe('Accept an index although some of its manifests were not pushed.'),
  NCR_CACHE_MANIFESTS: size('128MiB').describe('Memory for manifests, per process.'),
  NCR_CACHE_BLOBS: size('64MiB').describe('Memory for blobs of up to 64 KiB, per process.'),
});
export type RegistrySettings = SettingsOf<typeof RegistrySettings>;
