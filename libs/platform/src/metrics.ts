import { DeliveryReport } from '@ncr/messaging';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** Which part of a process answered a request. */
export type Plane = 'data' | 'management' | 'internal';

/**
 * The process's metrics, for the admin listener. Services inject it and make their own:
 * `new Counter({ …, registers: [metrics] })`. Labels take values from fixed lists only, never from a client (AC-52).
 */
export class Metrics extends Registry {
  private readonly requests = new Histogram({
    name: 'ncr_http_request_duration_seconds',
    help: 'Requests by the part of the process that answered, method and first digit of the status.',
    labelNames: ['plane', 'method', 'status'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers: [this],
  });
  private readonly series = new Map<string, Histogram.Internal<string>>();
  private readonly deliveries = new Counter({
    name: 'ncr_deliveries_total',
    help: 'Attempts to hand an event to its consumer.',
    labelNames: ['consumer', 'outcome'],
    registers: [this],
  });

  /** Adds what the runtime tells of itself. */
  withRuntime(): this {
    collectDefaultMetrics({ register: this });
    return this;
  }

  observeRequest(plane: Plane, method: string | undefined, status: number, seconds: number): void {
    const known = methods.has(method ?? '') ? method! : 'other';
    const family = Math.floor(status / 100);
    const key = `${plane} ${known} ${family}`;
    let series = this.series.get(key);
    if (series === undefined) {
      series = this.requests.labels({ plane, method: known, status: `${family}xx` });
      this.series.set(key, series);
    }
    series.observe(seconds);
  }

  observeDelivery({ consumer, outcome }: DeliveryReport): void {
    this.deliveries.inc({ consumer, outcome });
  }

  /** A figure that is read when somebody asks for the metrics. */
  gauge(name: string, help: string, read: () => number): void {
    this.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(read());
        },
      }),
    );
  }
}
