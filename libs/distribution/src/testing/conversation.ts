import { setTimeout } from 'node:timers/promises';
import { Content, Given, Manifest } from './content';
import { Step, step } from './row';
import { exchange, WireAnswer } from './wire';

/** The codes that the v1.1.1 conformance suite accepts in an answer of 400, and the one that the CNCF registry adds. */
const codesOf400 =
  /^(BLOB_UPLOAD_INVALID|DIGEST_INVALID|MANIFEST_BLOB_UNKNOWN|MANIFEST_INVALID|NAME_INVALID|SIZE_INVALID|UNSUPPORTED|PAGINATION_NUMBER_INVALID)$/;

/** The requests of one row, in order, with what is learnt on the way. */
export class Conversation {
  private readonly facts: Map<string, string>;

  constructor(
    private readonly origin: URL,
    private readonly authorization: Readonly<Record<string, string>>,
    { repo, other }: { readonly repo: string; readonly other: string },
  ) {
    this.facts = new Map([
      ['repo', repo],
      ['other', other],
    ]);
  }

  /** Puts content there, as a client would. */
  async given(one: Given): Promise<void> {
    const at = `/v2/${one.in ?? '{repo}'}`;
    if ('blob' in one) await this.givenBlob(at, one.blob, one.algorithm === 'sha512');
    else await this.givenManifest(at, one.manifest, one.as);
  }

  private async givenBlob(at: string, { bytes, digest, sha512 }: Content, long: boolean): Promise<void> {
    await this.hold(step(`POST ${at}/blobs/uploads/`, 202));
    await this.hold(step('PUT {location}', 201, { query: `digest=${long ? sha512 : digest}`, body: bytes }));
  }

  private async givenManifest(at: string, { bytes, mediaType, digest }: Manifest, as = digest): Promise<void> {
    await this.hold(step(`PUT ${at}/manifests/${as}`, 201, { headers: { 'Content-Type': mediaType }, body: bytes }));
  }

  /** Sends the request and holds the answer against everything that the step and the specification say. */
  async hold(asked: Step): Promise<void> {
    const answer = await this.ask(asked);
    if (answer === undefined) return;
    const what = `${this.filled(asked.send)} → ${answer.body.subarray(0, 500).toString()}`;
    expect({ what, status: [asked.status].flat().includes(answer.status) ? asked.status : answer.status }).toEqual({
      what,
      status: asked.status,
    });
    holdAlways(asked, answer);
    this.holdHeaders(asked, answer);
    this.holdBody(asked, answer);
    this.learn(asked, answer);
    if (repeatableAsHead(asked, answer)) await this.holdHead(asked, answer);
  }

  private async ask(asked: Step): Promise<WireAnswer | undefined> {
    const [method = '', ...rest] = this.filled(asked.send).split(' ');
    const target = rest.join(' ');
    const query = asked.query === undefined ? '' : `${target.includes('?') ? '&' : '?'}${this.filled(asked.query)}`;
    const all = Buffer.from(asked.body ?? '');
    const body = asked.rest ? all.subarray(Number(this.fact('range').split('-')[1]) + 1) : all;
    const bodiless = asked.body === undefined && !/^(POST|PUT|PATCH)$/.test(method);
    const { meanwhile } = asked;
    const sent = {
      method,
      target: target + query,
      headers: { ...this.authorization, ...this.filledAll(asked.headers ?? {}) },
      body,
      framing: asked.framing ?? (bodiless ? 'none' : 'length'),
      breakOff: asked.breakOff,
      ...(meanwhile && { halfway: async () => this.holdAll(meanwhile) }),
    } as const;
    let answer = await exchange(this.origin, sent);
    for (let tries = 0; asked.patiently && tries < 40 && answer?.status !== asked.status; tries++) {
      await setTimeout(50);
      answer = await exchange(this.origin, sent);
    }
    return answer;
  }

  private async holdAll(steps: readonly Step[]): Promise<void> {
    for (const one of steps) await this.hold(one);
  }

  private holdHeaders(asked: Step, { headers }: WireAnswer): void {
    for (const [name, expected] of Object.entries(asked.gives ?? {})) {
      const value = headers[name.toLowerCase()];
      const given = { [name]: name === 'Location' ? this.local(String(value)) : value };
      if (expected === null) expect(given).toEqual({ [name]: undefined });
      else if (expected instanceof RegExp) expect(given).toEqual({ [name]: expect.stringMatching(expected) });
      else if (expected.endsWith('*')) {
        const start = this.filled(expected.slice(0, -1)).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
        expect(given).toEqual({ [name]: expect.stringMatching(new RegExp(`^${start}.`)) });
      } else expect(given).toEqual({ [name]: this.filled(expected) });
    }
  }

  private holdBody(asked: Step, { body }: WireAnswer): void {
    if (asked.content !== undefined) {
      expect(body.length).toBe(asked.content.length);
      expect(body.equals(asked.content)).toBe(true);
    }
    const json: unknown = asked.json !== undefined || asked.check ? JSON.parse(body.toString()) : undefined;
    if (asked.json !== undefined) expect(json).toEqual(JSON.parse(this.filled(JSON.stringify(asked.json))));
    asked.check?.(json);
    asked.bytes?.(body);
  }

  private learn(asked: Step, { headers }: WireAnswer): void {
    const { location, link, range } = headers;
    if (location !== undefined) {
      const local = this.local(location);
      this.facts.set('location', local);
      this.facts.set('elsewhere', local.replace(`/v2/${this.fact('repo')}/`, `/v2/${this.fact('other')}/`));
      if (asked.keep !== undefined) this.facts.set(asked.keep, local);
    }
    const next = /<([^>]+)>; *rel="?next"?/.exec(String(link))?.[1];
    if (next !== undefined) this.facts.set('next', this.local(next));
    if (range !== undefined) this.facts.set('range', range);
  }

  /** HEAD answers what GET answers, without the body (RFC 9110, 9.3.2; containerd, ggcr and docker rely on it). */
  private async holdHead(asked: Step, got: WireAnswer): Promise<void> {
    const head = await this.ask({ ...asked, send: asked.send.replace('GET', 'HEAD') });
    const { date: _then, connection: _c, 'keep-alive': _k, ...expected } = got.headers;
    const { date: _now, connection: _d, 'keep-alive': _l, ...headers } = head?.headers ?? {};
    expect({ status: head?.status, headers, body: head?.body.length }).toEqual({
      status: got.status,
      headers: expected,
      body: 0,
    });
  }

  /** `Location` and `Link` may be absolute, but only of this registry's own origin. */
  private local(reference: string): string {
    const { origin, pathname, search } = new URL(reference, this.origin);
    expect(origin).toBe(this.origin.origin);
    return pathname + search;
  }

  private filledAll(headers: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, this.filled(value)]));
  }

  private filled(text: string): string {
    return text.replaceAll(/\{([a-z]+)\}/g, (_, name: string) => this.fact(name));
  }

  private fact(name: string): string {
    const value = this.facts.get(name);
    if (value === undefined) throw new Error(`nothing is known about {${name}} yet`);
    return value;
  }
}

/** What every answer below `/v2/` has (protocol: no compression, JSON for every refusal, Docker's version header). */
function holdAlways(asked: Step, { status, headers, body }: WireAnswer): void {
  expect(headers['docker-distribution-api-version']).toBe('registry/2.0');
  expect(headers['content-encoding']).toBeUndefined();
  if (status === 201 || status === 202)
    expect({ length: headers['content-length'], body: body.length }).toEqual({ length: '0', body: 0 });
  if (status === 204 || status === 304 || asked.send.startsWith('HEAD')) expect(body).toHaveLength(0);
  else if (status >= 400) {
    expect(headers['content-type']).toMatch(/^application\/json\b/);
    const { errors } = JSON.parse(body.toString()) as { errors: { code: string }[] };
    expect(errors.length).toBeGreaterThan(0);
    for (const { code } of errors) expect(code).toMatch(status === 400 ? codesOf400 : /^[A-Z_]+$/);
    if (asked.code !== undefined) expect([asked.code].flat()).toContain(errors[0]?.code);
  }
}

function repeatableAsHead({ send, headers }: Step, { status }: WireAnswer): boolean {
  return (
    /^GET .*\/(?:manifests|blobs)\/[^/]+$/.test(send) &&
    headers?.['Range'] === undefined &&
    [200, 304, 404].includes(status)
  );
}
