import 'reflect-metadata';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type DynamicModule, Module } from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Transactor } from '#database';
import { Delivery } from '#delivery';
import { type Clock, systemClock } from '#kernel';
import type { RoomName } from '#messages';
import { createLogger, createMetrics, loadConfig, type Environment, type Metrics, type RoomConfig } from '#runtime';
import { Authenticator } from './authenticator.js';
import { Doorkeeper } from './doorkeeper.js';
import { addHealth, Readiness } from './health.js';
import { HttpConfig } from './http-config.js';
import { NestLog } from './nest-log.js';
import { buildOpenapi, type OpenapiDocument } from './openapi.js';
import { ProblemFilter } from './problem.filter.js';
import { type ProblemCatalogue, Problems } from './problems.js';
import { RateLimiter } from './rate-limit.js';
import { answer } from './reply.js';
import { Requests } from './requests.js';
import { covers } from './route-table.js';
import { checkRoutes, routesOf } from './routes.js';
import { createAdapter } from './server.js';
import { DtoPipe } from './validation.js';

/** A room as it is deployed: what it is called, which paths are its own, what it may refuse, what it needs and what it is made of. */
export interface Room<C extends RoomConfig = RoomConfig> {
  readonly name: RoomName;
  readonly prefixes: readonly string[];
  readonly problems: ProblemCatalogue;
  readonly config: new () => C;
  /** `metrics` is the room's registry, for modules that measure themselves. */
  module(config: C, metrics: Metrics): DynamicModule;
}

export interface OpenRoom {
  readonly name: RoomName;
  readonly app: NestFastifyApplication;
  /** Answers a request that another server has accepted: how rooms share a process and a port. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** 'ok' or what is wrong, a part: database, delivery. */
  ready(): Promise<Record<string, string>>;
  /** Prometheus text. */
  metrics(): Promise<string>;
  openapi(): OpenapiDocument;
  /** Says that it is not ready any more, and goes on answering: for whoever sends requests to stop doing so. */
  leave(): void;
  /** Finishes what is in hand, messages and requests, and lets go of everything. */
  close(): Promise<void>;
}

@Module({})
class RoomHttp {}
@Module({})
class RoomRoot {}

/** Builds a room, checks it and gets it ready to answer. It listens nowhere yet. */
export async function openRoom<C extends RoomConfig>(room: Room<C>, env?: Environment, clock: Clock = systemClock): Promise<OpenRoom> {
  const config = loadConfig(room.config, room.name, env);
  const http = loadConfig(HttpConfig, room.name, env);
  const logger = createLogger(room.name, config.LOG_LEVEL, config.LOG_FILE);
  const metrics = createMetrics(room.name);
  const problems = new Problems(room.problems);
  const readiness = new Readiness();
  const filter = new ProblemFilter(problems, logger);
  const trustedProxies = (http.TRUSTED_PROXIES ?? '')
    .split(',')
    .map((p) => p.trim())
    .filter(Boolean);
  const adapter = createAdapter({ trustedProxies, logger, metrics, problem: (error, request) => filter.answer(error, request) });
  const app = await NestFactory.create<NestFastifyApplication>(
    rootModule(room, room.module(config, metrics), problems, readiness),
    adapter,
    {
      bodyParser: false,
      abortOnError: false,
      logger: new NestLog(logger),
    },
  );
  try {
    checkRoutes(room.name, routesOf(app.get(ModulesContainer)), (path) => room.prefixes.some((prefix) => covers(prefix, path)));
    const dataSource = app.get<DataSource>(getDataSourceToken(), { strict: false });
    readiness.add('database', () => dataSource.query('SELECT 1'));
    const delivery = deliveryOf(app);
    if (delivery) readiness.add('delivery', () => delivery.lag());
    app.useGlobalFilters(filter);
    app.useGlobalGuards(
      new Doorkeeper(app.get(Authenticator, { strict: false }), new RateLimiter(http.RATE_LIMIT_PER_MINUTE, clock), clock),
    );
    app.useGlobalPipes(new DtoPipe());
    addHealth(app.getHttpAdapter().getInstance(), room.name, readiness, () => metrics.metrics());
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
  return opened(room, app, readiness, () => metrics.metrics());
}

function rootModule(room: { readonly name: RoomName }, module: DynamicModule, problems: Problems, readiness: Readiness): DynamicModule {
  const shared: DynamicModule = {
    module: RoomHttp,
    global: true,
    providers: [
      { provide: Problems, useValue: problems },
      { provide: Readiness, useValue: readiness },
      { provide: Authenticator, inject: [getDataSourceToken()], useFactory: (dataSource: DataSource) => new Authenticator(dataSource) },
      { provide: Requests, inject: [Transactor], useFactory: (transactor: Transactor) => new Requests(room.name, transactor, problems) },
    ],
    exports: [Authenticator, Problems, Readiness, Requests],
  };
  return { module: RoomRoot, imports: [shared, module] };
}

function opened(room: Room, app: NestFastifyApplication, readiness: Readiness, metrics: () => Promise<string>): OpenRoom {
  const fastify = app.getHttpAdapter().getInstance();
  let document: OpenapiDocument | undefined;
  return {
    name: room.name,
    app,
    handle: (request, response) => fastify.routing(request, response),
    ready: () => readiness.check(),
    metrics,
    openapi: () => (document ??= buildOpenapi(app, room.name)),
    leave: () => readiness.leave(),
    close: () => app.close(),
  };
}

/** Rooms without messages have none. */
function deliveryOf(app: NestFastifyApplication): Delivery | null {
  try {
    return app.get(Delivery, { strict: false });
  } catch {
    return null;
  }
}

/**
 * The description of a room without opening it: no database, no queue, nothing instantiated. For the build, which writes the document that
 * reception serves.
 */
export async function describeRoom<C extends RoomConfig>(room: Room<C>): Promise<OpenapiDocument> {
  const metrics = createMetrics(room.name);
  const nowhere = {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    ETHEREUM_RPC_URL: 'http://127.0.0.1:1',
    ETHEREUM_BEACON_URL: 'http://127.0.0.1:1',
  };
  const config = Object.assign(new room.config(), nowhere);
  const root = rootModule(room, room.module(config, metrics), new Problems(room.problems), new Readiness());
  const silent = createLogger(room.name, 'silent');
  const adapter = createAdapter({ trustedProxies: [], logger: silent, metrics, problem: () => answer({ status: 500, body: {} }) });
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, { preview: true, abortOnError: false, logger: false });
  try {
    return buildOpenapi(app, room.name);
  } finally {
    await app.close();
  }
}
