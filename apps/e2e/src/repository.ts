import { Content, Image } from './content';
import { AccessKey, Suite } from './suite';

export interface Request {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** A repository as a client of the distribution-spec meets it, with nothing between the test and the wire but a token. */
export class Repository {
  private token: string | undefined;

  /** `name` is `<registry>/<image>`. Anonymous without a key. */
  constructor(
    private readonly suite: Suite,
    readonly name: string,
    private readonly key?: AccessKey,
  ) {}

  /** `path` comes after `/v2/<name>/`, or is a `Location`. Any status is an answer. */
  async send(method: string, path: string, { headers, body }: Request = {}): Promise<Response> {
    this.token ??= await this.suite.token([`repository:${this.name}:pull,push,delete`], this.key);
    return fetch(this.address(path), {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...headers },
      body: body === undefined ? undefined : Buffer.from(body),
      redirect: 'manual',
    });
  }

  /** As {@link send}. Throws when the status is another one. */
  async expect(status: number, method: string, path: string, request?: Request): Promise<Response> {
    const response = await this.send(method, path, request);
    if (response.status === status) return response;
    throw new Error(`${method} ${path} answered ${response.status}, not ${status}: ${await response.text()}`);
  }

  /** POST, then one PUT with the whole body. */
  async pushBlob({ bytes, descriptor }: Content): Promise<void> {
    const begun = await this.expect(202, 'POST', 'blobs/uploads/');
    const location = withQuery(begun.headers.get('location') ?? '', 'digest', descriptor.digest);
    await this.expect(201, 'PUT', location, { headers: octets, body: bytes });
  }

  pushManifest({ bytes, descriptor }: Content, reference = descriptor.digest): Promise<Response> {
    const headers = { 'content-type': descriptor.mediaType };
    return this.expect(201, 'PUT', `manifests/${reference}`, { headers, body: bytes });
  }

  /** Its blobs, then its manifest. */
  async push({ blobs, manifest }: Image, reference?: string): Promise<void> {
    for (const blob of blobs) await this.pushBlob(blob);
    await this.pushManifest(manifest, reference);
  }

  async pullManifest(reference: string): Promise<{ bytes: Buffer; digest: string | null; mediaType: string | null }> {
    const response = await this.expect(200, 'GET', `manifests/${reference}`, { headers: { accept: '*/*' } });
    const { headers } = response;
    const bytes = Buffer.from(await response.arrayBuffer());
    return { bytes, digest: headers.get('docker-content-digest'), mediaType: headers.get('content-type') };
  }

  async pullBlob(digest: string): Promise<Buffer> {
    const response = await this.expect(200, 'GET', `blobs/${digest}`);
    return Buffer.from(await response.arrayBuffer());
  }

  async tags(): Promise<string[]> {
    const response = await this.expect(200, 'GET', 'tags/list');
    return ((await response.json()) as { tags: string[] }).tags;
  }

  private address(path: string): string {
    if (/^(?:https?:|\/)/.test(path)) return new URL(path, this.suite.url).href;
    return `${this.suite.url}/v2/${this.name}/${path}`;
  }
}

export const octets = { 'content-type': 'application/octet-stream' } as const;

/** Adds a parameter to a `Location`, which may have others and may be relative. */
export function withQuery(location: string, name: string, value: string): string {
  return `${location}${location.includes('?') ? '&' : '?'}${name}=${value}`;
}
