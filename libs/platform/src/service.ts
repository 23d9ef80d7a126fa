import { IncomingMessage, ServerResponse } from 'node:http';
import { INestApplicationContext, Type } from '@nestjs/common';
import { MigrationInterface } from 'typeorm';
import { SettingsSchema } from './settings';

/** Answers everything under its prefix without Nest. */
export interface DataPlane {
  readonly prefix: '/v2/';
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** The client waits for `100 Continue`: say so only once the request is allowed, or answer at once. */
  checkContinue(request: IncomingMessage, response: ServerResponse): void;
}

/** What stands before Nest: the gateway. `next` is Nest's handler in this process. */
export interface Front {
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    next: (request: IncomingMessage, response: ServerResponse) => void,
  ): void;
}

/** One service: all that a process must know to run it. */
export interface Service {
  /** Also the name of its database schema. */
  readonly name: string;
  readonly module: Type;
  /** TypeORM entities; each names the schema. */
  readonly entities: Function[];
  /**
   * In order; run into the service's own schema. A service without any owns no schema. One whose migrations ran
   * `outboxTables` publishes, one with `revocationTable` gets it kept up to date.
   */
  readonly migrations: (new () => MigrationInterface)[];
  readonly settings: SettingsSchema;
  readonly dataPlane?: (app: INestApplicationContext) => DataPlane;
  readonly front?: (app: INestApplicationContext) => Front;
  /** Rejects while the service cannot do its work; asked by `/readyz`. */
  readonly ready?: (app: INestApplicationContext) => Promise<void>;
}

/** Declares a service. Importing it does nothing; `serve` runs it. */
export function defineService(service: Service): Service {
  return Object.freeze(service);
}
