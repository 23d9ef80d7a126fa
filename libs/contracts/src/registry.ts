/** What a registry is for; fixed when it is created (REG-1). */
export type RegistryPurpose = 'normal';

/** A registry name (REG-1): one path component of the OCI grammar, 2 to 64 characters. */
export const registryNamePattern = /^(?=.{2,64}$)[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

/** A registry in the management API. Times are ISO 8601. */
export interface RegistryView {
  readonly id: string;
  readonly name: string;
  readonly purpose: RegistryPurpose;
  readonly anonymousPull: boolean;
  /** `<public host>/<name>`: what stands before `/<image>` in `docker push`. */
  readonly publicAddress: string;
  readonly createdAt: string;
  readonly version: number;
}

/** Body of `POST /api/v1/registries`. */
export interface CreateRegistry {
  readonly name: string;
  readonly purpose?: RegistryPurpose;
  readonly anonymousPull?: boolean;
}

/** Body of `PATCH /api/v1/registries/{registry}`. */
export interface ChangeRegistry {
  readonly anonymousPull?: boolean;
}

/** One page of any list; the address of the next one is in the `Link` header, too. */
export interface PageView<T> {
  readonly items: readonly T[];
  /** Give it back as `cursor` for the next page; absent on the last one. */
  readonly next?: string;
}
