import { applyDecorators, UseFilters } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { Contract } from '@ncr/contracts';
import type { EntityManager } from 'typeorm';
import { FailureFilter } from './failure-filter';

/** One message on its way into a handler. */
export interface Delivery<P> {
  /** Of the event: the same at every repetition. */
  readonly id: string;
  readonly subject: string;
  readonly key: string;
  /** Place in the publisher's order: dense, growing, the same at every repetition. */
  readonly position: number;
  /** When the fact was recorded. */
  readonly time: Date;
  readonly payload: P;
  /**
   * The transaction of this delivery. The consumer's position is written in it, so what the handler writes through it
   * happens exactly once; everything else it does may happen twice.
   */
  readonly tx: EntityManager;
}

/** What `@Handles` attaches to Nest's event pattern. */
export interface HandlerExtras {
  readonly consumer: string;
  readonly contracts: readonly Contract<unknown>[];
}

const consumerPattern = /^[a-z][a-z-]*\.[a-z][a-z-]*$/;

/** The extras of one handler; throws for a consumer that is not `<service>.<name>`. */
export function handlerExtras(
  contracts: Contract<unknown> | readonly Contract<unknown>[],
  consumer: string,
): HandlerExtras {
  if (!consumerPattern.test(consumer)) throw new Error(`a consumer is called <service>.<name>, not ${consumer}`);
  return { consumer, contracts: [contracts].flat() };
}

/**
 * Marks a controller's method as the handler of a contract, or of several of the same owner whose order per key matters.
 * It takes one {@link Delivery}. `consumer` is `<service>.<name>`, unique in the suite and never renamed: it names the
 * consumer's position, which lies in the schema of that service. A handler that throws is called again later.
 */
export function Handles(
  contracts: Contract<unknown> | readonly Contract<unknown>[],
  consumer: string,
): MethodDecorator {
  const extras = handlerExtras(contracts, consumer);
  const subjects = extras.contracts.map((contract) => contract.subject);
  return applyDecorators(EventPattern(subjects, { ...extras }), UseFilters(FailureFilter));
}
