export { committed, onPublished, type Queryable } from './bell';
export type { Consumer, Outcome, Persistence } from './consumer';
export { type Delivery, type HandlerExtras, handlerExtras, Handles } from './handles';
export { LocalStrategy, type LocalStrategyOptions } from './local-strategy';
export { consumerTables, outboxTables, partitionOf, partitions, publish } from './outbox';
export { Pulse } from './pulse';
export type { DeliveryReport } from './reader';
export { quoteSchema } from './schema-name';
