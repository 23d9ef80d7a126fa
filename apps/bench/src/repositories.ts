/** The repositories of every contender. The first part is the name of the registry that a multi-tenant contender makes. */
export const repositories = {
  /** One manifest, its layers, and the blobs that are pulled. */
  small: 'bench/small',
  /** One manifest under many tags. */
  tagged: 'bench/tagged',
  /** Where the push cases push. */
  pushed: 'bench/pushed',
} as const;
