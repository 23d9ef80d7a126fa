/** Why a store could not do what it was asked. */
export class StorageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** There is no such object. */
export class ObjectMissing extends StorageError {}

/** The object is there, but short or unreadable. */
export class ObjectDamaged extends StorageError {}

/** No space or no inodes left. */
export class StorageFull extends StorageError {}

/** Anything else: the write or read did not happen and must not be acknowledged. */
export class StorageFailed extends StorageError {}
