import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { DynamicModule, Module, Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE, DiscoveryModule, NestFactory } from '@nestjs/core';
import { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import { LocalStrategy, LocalStrategyOptions } from '@ncr/messaging';
import { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { serveApiDocs } from './api-docs';
import { CallerGuard, CallerStrategy } from './caller.guard';
import { bodyLimit, parseForm, parseJson } from './json-body';
import { Handler } from './listener';
import { NestLog } from './log';
import { PermissionGuard } from './permission.guard';
import { problemOf, ProblemFilter, sendProblem } from './problem-filter';
import { HealthController } from './readiness';
import { requestIdOf } from './request-id';
import { Service } from './service';
import { ServiceGuard, ServiceStrategy } from './service.guard';
import { strictValidation } from './validation';

/** What an application is made of. */
export interface ApplicationParts {
  readonly services: readonly Service[];
  readonly dataSource: DataSource;
  /** What every module may inject. */
  readonly providers: Provider[];
  readonly log: Logger;
  readonly messages: LocalStrategyOptions;
}

/** The module above those of the services. */
@Module({})
class RootModule {}

/** What all services share; global, so that no service imports it. */
@Module({})
class PlatformModule {}

function rootModule({ services, dataSource, providers }: ApplicationParts): DynamicModule {
  const tokens = providers.map((provider) => (typeof provider === 'function' ? provider : provider.provide));
  const platform: DynamicModule = {
    module: PlatformModule,
    global: true,
    imports: [DiscoveryModule],
    providers: [
      ...providers,
      CallerStrategy,
      CallerGuard,
      ServiceStrategy,
      ServiceGuard,
      { provide: APP_GUARD, useClass: PermissionGuard },
      { provide: APP_FILTER, useClass: ProblemFilter },
      { provide: APP_PIPE, useFactory: strictValidation },
    ],
    exports: tokens,
    controllers: [HealthController],
  };
  const database = TypeOrmModule.forRootAsync({
    useFactory: () => dataSource.options,
    dataSourceFactory: () => Promise.resolve(dataSource),
  });
  return { module: RootModule, imports: [database, platform, ...services.map((service) => service.module)] };
}

type Framework = { raw: IncomingMessage };
type Answer = { raw: ServerResponse; hijack(): void };

/**
 * Builds the Nest application and gives its request handler. Fastify's own server never listens: who may reach Nest, and
 * how, is for the listeners to decide.
 */
export async function createApplication(
  parts: ApplicationParts,
): Promise<{ app: NestFastifyApplication; nest: Handler }> {
  let nest: Handler | undefined;
  const adapter = new FastifyAdapter({
    serverFactory: (handler: Handler) => {
      nest = handler;
      return createServer();
    },
    exposeHeadRoutes: false,
    skipMiddie: true,
    bodyLimit,
    genReqId: (request: IncomingMessage) => requestIdOf(request),
    // An image name of 255 characters may have every slash encoded.
    routerOptions: { maxParamLength: 1024 },
    frameworkErrors: (error: Error, request: Framework, reply: Answer) => {
      reply.hijack();
      sendProblem(request.raw, reply.raw, problemOf(error));
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(rootModule(parts), adapter, {
    bodyParser: false,
    logger: new NestLog(parts.log),
    abortOnError: false,
  });
  useBodies(app);
  serveApiDocs(app);
  app.connectMicroservice({ strategy: new LocalStrategy(parts.messages) });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return { app, nest: nest! };
}

function useBodies(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, parser(parseJson));
  fastify.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, parser(parseForm));
  fastify.addHook('onSend', async (_, reply) => {
    // Answers depend on who asks; nothing between here and them may keep one.
    if (!reply.hasHeader('cache-control')) reply.header('Cache-Control', 'no-store');
    reply.header('X-Content-Type-Options', 'nosniff');
  });
}

/** A content type parser of Fastify; no body at all is undefined. */
function parser(parse: (text: string) => unknown) {
  return (_: unknown, body: Buffer | string, done: Done): void => {
    const text = body.toString();
    try {
      done(null, text === '' ? undefined : parse(text));
    } catch (error) {
      done(error as Error);
    }
  };
}

type Done = (error: Error | null, body?: unknown) => void;
