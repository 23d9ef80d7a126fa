import { mkdir } from 'node:fs/promises';
import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { adminHandler } from './admin-listener';
import { createApplication } from './application';
import { internalHandler } from './internal-listener';
import { Listener } from './listener';
import { MainListener, MainParts } from './main-listener';
import { openProcess, Process, ServeOptions } from './process';
import { Service } from './service';

/** Services that answer. */
export interface Running {
  /** Of the main listener. */
  readonly port: number;
  /** `http://<address>:<port>` of the main listener, for a client on this machine. */
  readonly url: string;
  /** Origins that clients may use, the main one first. */
  readonly origins: readonly string[];
  /** Of the admin listener, when there is one. */
  readonly adminPort?: number;
  readonly app: NestFastifyApplication;
  /** Stops accepting, lets running requests end within `NCR_DRAIN`, then closes everything. */
  close(): Promise<void>;
}

/**
 * Runs services in this process: reads all settings, brings their schemas up to date, builds one Nest application,
 * listens. Resolves when requests are answered. Throws `SettingsInvalid` with every mistake at once. Installs no signal
 * handlers: `launch` does.
 */
export async function serve(services: readonly Service[], options: ServeOptions = {}): Promise<Running> {
  const own = await openProcess(services, options);
  try {
    const { app, nest } = await createApplication(own.application);
    const stage = new Stage(own, app, nest);
    try {
      return await stage.open();
    } catch (error) {
      await stage.close();
      throw error;
    }
  } catch (error) {
    await own.close();
    throw error;
  }
}

/** The listeners of one process, in the order in which they open and close. */
class Stage {
  private readonly main: Listener;
  private readonly internal: Listener;
  private readonly admin: Listener;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly own: Process,
    private readonly app: NestFastifyApplication,
    nest: MainParts['nest'],
  ) {
    const { hosts, metrics, log, services, settings } = own;
    // Data planes are made for host names; only a port that the system picks is not known before it is taken.
    if (settings.NCR_PORT > 0) hosts.listensOn(settings.NCR_PORT);
    const dataPlanes = services.flatMap((service) => service.dataPlane?.(app) ?? []);
    const [front] = services.flatMap((service) => service.front?.(app) ?? []);
    const main = new MainListener({ hosts, metrics, log, nest, dataPlanes, ...(front && { front }) });
    this.main = new Listener(main.handle, main.checkContinue);
    this.internal = new Listener(internalHandler({ metrics, log, nest }));
    this.admin = new Listener(adminHandler(metrics, own.readiness));
    own.contribute(app);
  }

  async open(): Promise<Running> {
    const { settings, hosts, credentials, workers } = this.own;
    await mkdir(settings.NCR_DATA, { recursive: true, mode: 0o700 });
    await this.internal.listen(this.own.internalAddress);
    await this.app.startAllMicroservices();
    await credentials.start();
    const admin = settings.NCR_ADMIN_PORT;
    const adminPort = admin === undefined ? undefined : await this.admin.listen({ host: '127.0.0.1', port: admin });
    const host = settings.NCR_HOST;
    const port = await this.main.listen({ host, port: settings.NCR_PORT, reusePort: workers > 1 });
    hosts.listensOn(port);
    const shown = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[host] ?? (host.includes(':') ? `[${host}]` : host);
    return {
      port,
      url: `http://${shown}:${port}`,
      origins: hosts.origins,
      ...(adminPort !== undefined && { adminPort }),
      app: this.app,
      close: () => (this.closing ??= this.close()),
    };
  }

  async close(): Promise<void> {
    this.own.readiness.drain();
    await this.main.close(this.own.settings.NCR_DRAIN);
    await this.own.credentials.stop();
    await this.internal.close(1000);
    // From here on nobody asks anything: handlers of events end, services write down what they have in memory.
    await this.app.close();
    await this.admin.close(0);
    await this.own.close();
  }
}
