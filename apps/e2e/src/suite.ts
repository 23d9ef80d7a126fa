import { Installation } from './installation';
import { AccessKey, Session } from './session';

export { type AccessKey, RequestRefused, Session } from './session';

/** Name and password of the first account of a suite that the harness starts. */
export const admin = { account: 'admin@ncr.local', password: 'end-to-end-only-9f2c' } as const;

/** Whether suites are the harness's own, to look into and to kill, and not somebody's installation. */
export const isOwnSuite = !process.env.NCR_E2E_URL;

/**
 * A running suite, as its users meet it: an address and an administrator. It is an all-in-one of its own, or the
 * installation that NCR_E2E_URL, NCR_E2E_ACCOUNT and NCR_E2E_PASSWORD name.
 */
export class Suite {
  private constructor(
    readonly url: string,
    /** The administrator's session at the management API. */
    readonly admin: Session,
    /** The administrator's password. */
    readonly password: string,
    private readonly own: Installation | undefined,
  ) {}

  /** `settings` are NCR_* variables for a suite of its own; with an empty NCR_ADMIN_PASSWORD it makes one up. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<Suite> {
    const { NCR_E2E_URL: url, NCR_E2E_ACCOUNT = admin.account, NCR_E2E_PASSWORD = '' } = process.env;
    if (url) {
      const { origin } = new URL(url);
      const session = await Session.signIn(origin, NCR_E2E_ACCOUNT, NCR_E2E_PASSWORD);
      return new Suite(origin, session, NCR_E2E_PASSWORD, undefined);
    }
    const installation = await Installation.make({ NCR_ADMIN_PASSWORD: admin.password, ...settings });
    try {
      await installation.start();
      const password = settings.NCR_ADMIN_PASSWORD === '' ? installation.madeUpPassword : admin.password;
      const session = await Session.signIn(installation.url, admin.account, password);
      return new Suite(installation.url, session, password, installation);
    } catch (error) {
      await installation.end();
      installation.remove();
      throw error;
    }
  }

  /** What stands before `/<registry>` in `docker push`. */
  get host(): string {
    return new URL(this.url).host;
  }

  /** The processes, files and log of a suite of its own. Throws for an installation that was there before. */
  get installation(): Installation {
    if (!this.own) throw new Error('this test kills or inspects the suite: run it without NCR_E2E_URL');
    return this.own;
  }

  signIn(account: string, password: string): Promise<Session> {
    return Session.signIn(this.url, account, password);
  }

  /** A token for `/v2/` with what it may of the scopes, such as `repository:team/hello:pull,push`; anonymous without a key. */
  async token(scopes: readonly string[], key?: AccessKey): Promise<string> {
    const response = await this.askToken(scopes, key);
    if (response.status !== 200) throw new Error(`/token answered ${response.status}: ${await response.text()}`);
    return ((await response.json()) as { token: string }).token;
  }

  /** The whole answer to that question. */
  askToken(scopes: readonly string[], key?: AccessKey): Promise<Response> {
    const query = new URLSearchParams({ service: 'ncr-registry' });
    for (const scope of scopes) query.append('scope', scope);
    return fetch(`${this.url}/token?${query.toString()}`, { headers: key && { authorization: basic(key) } });
  }

  /** Ends it and removes everything it kept; of an installation that goes on, what was created through `admin`. */
  async stop(): Promise<void> {
    if (!this.own) return this.admin.cleanUp();
    await this.own.end();
    this.own.remove();
  }

  /** SIGKILL to all its processes at once, PostgreSQL's among them. Nothing runs any more when it resolves. */
  kill(): Promise<void> {
    return this.installation.kill();
  }

  /** Ends it where it runs, and starts it on the same data and port. Gives the milliseconds until it was ready. */
  async restart(): Promise<number> {
    await this.installation.end();
    return this.installation.start();
  }
}

/** The header value of Basic authentication. */
export function basic({ id, secret }: AccessKey): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}
