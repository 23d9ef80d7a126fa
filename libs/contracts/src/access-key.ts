/** Most access keys one account may have (KEY-1). */
export const maximumAccessKeys = 5;

/** An access key of the caller. Times are ISO 8601. */
export interface AccessKeyView {
  /** What stands for the user name in `docker login`. */
  readonly id: string;
  readonly description: string;
  readonly createdAt: string;
}

/** Body of `POST /api/v1/access-keys`. */
export interface CreateAccessKey {
  readonly description?: string;
}

/** Answer of `POST /api/v1/access-keys`: the only time the secret is shown. */
export interface CreatedAccessKeyView extends AccessKeyView {
  readonly secret: string;
}
