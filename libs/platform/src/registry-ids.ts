/**
 * Turns the registry's name in a path into its id. A service that knows registries (owns them, or keeps a projection)
 * provides it: `{ provide: RegistryIds, useClass: … }`.
 */
export abstract class RegistryIds {
  /** Undefined when there is no such registry. */
  abstract idOf(name: string): Promise<string | undefined>;
}
