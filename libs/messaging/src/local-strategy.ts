import { BaseRpcContext, CustomTransportStrategy, MessageHandler, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { DataSource } from 'typeorm';
import { onPublished } from './bell';
import { Consumer, Persistence } from './consumer';
import { Delivery, HandlerExtras } from './handles';
import { Notifications } from './notifications';
import { numberOutbox } from './numbering';
import { Pulse } from './pulse';
import { DeliveryReport, Reader } from './reader';
import { sweepOutbox } from './sweeper';

export interface LocalStrategyOptions {
  readonly dataSource: DataSource;
  /** Every service that has an outbox. */
  readonly owners: readonly string[];
  /** The database's address when other processes share it: then they are told of what is published here. */
  readonly notify?: string;
  readonly persistence?: Persistence;
  readonly report?: (delivery: DeliveryReport) => void;
  /** What went wrong outside of any handler: the database was away, say. It is tried again. */
  readonly failed?: (error: unknown) => void;
}

const perSecond = { period: 1000, gap: 5 };
const perHour = { period: 3_600_000, gap: 3_600_000 };
/**
 * Messages without a message server: the handlers of this process are called straight from the outbox tables.
 * Any number of processes may run on one database; a message goes to one process of a consumer. Woken by commits of this
 * process, by notifications of others, and by a poll each second that needs neither.
 */
export class LocalStrategy extends Server<never, never> implements CustomTransportStrategy {
  /** Nest then leaves the failure of a handler to us instead of logging it and going on. */
  override readonly propagatesEventHandlerErrors = true;
  readonly consumers = new Map<string, Consumer>();
  private running: (Pulse | Reader)[] = [];
  private silence: (() => void) | undefined;
  private notifications: Notifications | undefined;

  constructor(private readonly options: LocalStrategyOptions) {
    super();
  }

  /**
   * Nest would chain the handlers of an equal pattern into one call. Here each consumer is on its own, with a position
   * of its own. Throws for a handler that was not declared with `@Handles`, and for two with the same consumer name.
   */
  override addHandler(pattern: unknown, handler: MessageHandler, isEvent = false, extras: object = {}): void {
    if (!isEvent || typeof pattern !== 'string' || !isHandlerExtras(extras)) {
      throw new Error(`the handler of ${String(pattern)} is not declared with @Handles`);
    }
    const consumer =
      this.consumers.get(extras.consumer) ??
      new Consumer(extras, this.options.dataSource, this.options.persistence ?? { tries: 10, pause: 1000 });
    if (consumer.extras !== extras) throw new Error(`two handlers call their consumer ${extras.consumer}`);
    this.consumers.set(consumer.name, consumer);
    consumer.handle(pattern, (delivery) => call(handler, delivery));
  }

  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      for (const consumer of this.consumers.values()) {
        if (!this.options.owners.includes(consumer.owner)) {
          throw new Error(
            `${consumer.name} needs the events of ${consumer.owner}, which is not in this process: set NCR_NATS_URL`,
          );
        }
        await consumer.prepare();
      }
    } catch (error) {
      callback(error);
      return;
    }
    this.begin(this.options.failed ?? ((error: unknown) => this.logger.error(error)));
    callback();
  }

  /** Resolves when the handlers under way have ended. */
  async close(): Promise<void> {
    this.silence?.();
    await Promise.all([...this.running.map((part) => part.stop()), this.notifications?.stop()]);
    this.running = [];
  }

  on(): never {
    throw new Error('the local strategy has no events of its own');
  }

  /** There is no client library beneath. */
  unwrap(): never {
    throw new Error('the local strategy wraps nothing');
  }

  private begin(failed: (error: unknown) => void): void {
    const report = this.options.report ?? (() => undefined);
    const readers = [...this.consumers.values()].map((consumer) => new Reader(consumer, report, failed));
    const numberer = new Pulse(() => this.number(readers), perSecond, failed);
    this.running = [numberer, ...readers, new Pulse(() => this.sweep(), perHour, failed)];
    if (this.options.notify) {
      this.notifications = new Notifications(
        this.options.notify,
        () => readers.forEach((reader) => reader.wake()),
        failed,
      );
    }
    this.silence = onPublished(() => numberer.wake());
    this.notifications?.start();
    for (const part of this.running) part.start();
  }

  private async number(readers: readonly Reader[]): Promise<void> {
    for (const owner of this.options.owners) {
      while ((await numberOutbox(this.options.dataSource, owner)) > 0) {
        for (const reader of readers) reader.wake();
        this.notifications?.tell();
      }
    }
  }

  private async sweep(): Promise<void> {
    for (const owner of this.options.owners) {
      await sweepOutbox(this.options.dataSource, owner, [...this.consumers.values()]);
    }
  }
}

function isHandlerExtras(extras: object): extras is HandlerExtras {
  return 'consumer' in extras && 'contracts' in extras;
}

/** Nest answers with a promise of a stream; the handler is done, or has failed, when that ends. */
async function call(handler: MessageHandler, delivery: Delivery<unknown>): Promise<void> {
  const answer: unknown = await handler(delivery, new BaseRpcContext([delivery]));
  if (isObservable(answer)) await lastValueFrom(answer, { defaultValue: undefined });
}
