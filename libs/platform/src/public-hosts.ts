import { IncomingMessage } from 'node:http';

const origins = new WeakMap<IncomingMessage, string>();

/** `scheme://host[:port]` that the client used, one of the configured ones: what realms, `Location` and `Link` name. */
export function originOf(request: IncomingMessage): string {
  const origin = origins.get(request);
  if (origin === undefined) throw new Error('the request did not come through the main listener');
  return origin;
}

/** The origins under which this installation answers. */
export class PublicHosts {
  private byHost = new Map<string, string>();
  private list: readonly string[] = [];

  /** Takes `NCR_PUBLIC_HOSTS`, or undefined for this machine at the port that {@link listensOn} tells. */
  constructor(private readonly configured: readonly string[] | undefined) {
    if (configured) this.use(configured);
  }

  /** All of them, the main one first. */
  get origins(): readonly string[] {
    return this.list;
  }

  /** Characters of the longest `host[:port]`: what a repository name shares its 255 with (OCI-2). */
  get longest(): number {
    return Math.max(0, ...this.list.map((origin) => new URL(origin).host.length));
  }

  listensOn(port: number): void {
    if (!this.configured)
      this.use(['localhost', '127.0.0.1', '[::1]'].map((host) => new URL(`http://${host}:${port}`).origin));
  }

  /** Notes the origin of a request and gives it; undefined for a host that is not ours, or named twice. */
  admit(request: IncomingMessage): string | undefined {
    const named = request.rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === 'host').length;
    const origin = named === 1 ? this.byHost.get(request.headers.host!.toLowerCase()) : undefined;
    if (origin !== undefined) origins.set(request, origin);
    return origin;
  }

  private use(list: readonly string[]): void {
    this.list = list;
    this.byHost = new Map();
    for (const origin of list) {
      const { host, hostname, port, protocol } = new URL(origin);
      if (!this.byHost.has(host)) this.byHost.set(host, origin);
      if (!port) this.byHost.set(`${hostname}:${protocol === 'https:' ? 443 : 80}`, origin);
    }
  }
}
