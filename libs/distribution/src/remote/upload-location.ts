import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { BlobUploadUnknown, RepositoryName } from '@ncr/oci';

/**
 * Upload ids for sessions of another registry: the id holds the session's location there. It is signed, because ids come
 * back from clients, and an unsigned one would let them send requests with our credentials anywhere on that registry.
 */
export class UploadLocations {
  private readonly key = randomBytes(32);

  /** Takes path and query of a location, gives an id valid for this repository until the process ends. */
  seal(repository: RepositoryName, location: string): string {
    const text = Buffer.from(location).toString('base64url');
    return `${text}.${this.sign(repository, text).toString('base64url')}`;
  }

  /** Throws `BlobUploadUnknown` for anything that {@link seal} did not give for this repository. */
  open(repository: RepositoryName, id: string): string {
    const [text = '', signature = ''] = id.split('.');
    const given = Buffer.from(signature, 'base64url');
    const expected = this.sign(repository, text);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new BlobUploadUnknown('no such upload');
    }
    return Buffer.from(text, 'base64url').toString();
  }

  private sign(repository: RepositoryName, text: string): Buffer {
    return createHmac('sha256', this.key).update(`${repository.toString()} ${text}`).digest();
  }
}
