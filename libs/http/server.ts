import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { newUuid, publicId, refuse, Refused } from '#kernel';
import { Histogram, withCorrelation, type Logger, type Metrics } from '#runtime';
import { acceptJsonOnly } from './body.js';
import { Answer } from './reply.js';

export const BODY_LIMIT = 64 * 1024;
const REQUEST_ID = /^[A-Za-z0-9._:-]{8,128}$/;

/** A caller's own X-Request-Id is kept when it is fit for logs; otherwise we make one. */
function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : publicId('request', newUuid());
}

/** Nest's adapter, taught to send an Answer with its own status and headers. */
class RoomAdapter extends FastifyAdapter {
  override reply(response: FastifyReply, body: unknown, statusCode?: number): FastifyReply {
    if (!(body instanceof Answer)) return super.reply(response, body, statusCode);
    void response.code(body.status).headers(body.headers);
    if (!body.isProblem) return response.send(body.body);
    return response
      .type('application/problem+json; charset=utf-8')
      .send(JSON.stringify({ ...(body.body as object), instance: `/v1/requests/${response.request.id}` }));
  }
}

export interface ServerOptions {
  readonly trustedProxies: readonly string[];
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** For what the router refuses before any route is known. */
  readonly problem: (error: FastifyError, request: FastifyRequest) => Answer;
}

export function createAdapter(options: ServerOptions): RoomAdapter {
  const adapter = new RoomAdapter({
    logger: false,
    bodyLimit: BODY_LIMIT,
    genReqId: requestId,
    requestIdHeader: false,
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    routerOptions: { maxParamLength: 200 },
    requestTimeout: 30_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false, // what was accepted is answered
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      const answered = options.problem(error, request);
      void reply.code(answered.status).header('x-request-id', request.id);
      void reply.type('application/problem+json; charset=utf-8').send(JSON.stringify(answered.body));
    },
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  acceptJsonOnly(fastify);
  observe(fastify, options.logger, options.metrics);
  return adapter;
}

function observe(fastify: FastifyInstance, logger: Logger, metrics: Metrics): void {
  const seconds = new Histogram({
    name: 'bailee_http_request_seconds',
    help: 'Duration of HTTP requests',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [metrics],
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    if (request.raw.url?.includes('%00'))
      return done(new Refused(refuse('request.malformed', 'The URL contains a null character.').refusal));
    done();
  });
  // After the body was read, as its stream events run outside any context entered before.
  fastify.addHook('preValidation', (request, _reply, done) => withCorrelation(request.id, done));
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    seconds.observe({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    const line = {
      method: request.method,
      route,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      requestId: request.id,
    };
    if (reply.statusCode >= 500) logger.warn(line, 'request');
    else if (!route.startsWith('/health') && route !== '/metrics') logger.info(line, 'request');
    done();
  });
}
