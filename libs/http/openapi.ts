import { ModulesContainer } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { doorsOf } from './doors.js';
import { describeDto, dtosOf } from './dto-schema.js';
import { type Route, routesOf } from './routes.js';

export type OpenapiDocument = OpenAPIObject;

type Json = Record<string, unknown>;

const description = `Custodial staking with every unit accounted for.

Amounts are decimal strings in asset units (\`"5"\`) with their base units beside them in \`*_atomic\`; times are RFC 3339 in UTC; ids are prefixed.
Every POST that moves value or records a decision needs an \`Idempotency-Key\`. Errors are \`application/problem+json\` (RFC 9457), listed at \`/problems\`.`;

const problemSchema = {
  type: 'object',
  description: 'RFC 9457 problem document',
  required: ['type', 'title', 'status', 'detail', 'code', 'retryable'],
  properties: {
    type: { type: 'string', format: 'uri-reference', example: '/problems/not-found' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    code: { type: 'string', description: 'stable, dotted', example: 'not_found' },
    retryable: { type: 'boolean' },
    retry_after_s: { type: 'number' },
    limits: { type: 'object', additionalProperties: true },
    facts: { type: 'object', additionalProperties: true },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'code', 'detail'],
        properties: { pointer: { type: 'string', example: '/amount' }, code: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
};

/** The OpenAPI 3.1 document of one room. */
export function buildOpenapi(app: NestFastifyApplication, room: string): OpenapiDocument {
  const routes = routesOf(app.get(ModulesContainer));
  for (const route of routes) for (const dto of dtosOf(route.controller, route.handlerName)) describeDto(dto);
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Bailee API')
    .setDescription(description)
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'a client API key, bk_…' }, 'client')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'a staff token, bs_…' }, 'staff')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    autoTagControllers: false,
    operationIdFactory: (_controller, method) => method,
  });
  for (const route of routes) finish(document, route, room);
  document.tags = [...new Set(operationsOf(document).flatMap((operation) => operation.tags ?? []))].sort().map((name) => ({ name }));
  document.components = { ...document.components, schemas: { ...document.components?.schemas, Problem: problemSchema as never } };
  return asOpenapi31(document) as OpenapiDocument;
}

const operationsOf = (document: OpenAPIObject): { tags?: string[] }[] =>
  Object.values(document.paths).flatMap((path) => Object.values(path) as { tags?: string[] }[]);

/** Names, tags and problem responses that follow from the route itself. */
function finish(document: OpenAPIObject, route: Route, room: string): void {
  const path = route.path.replace(/:([A-Za-z_]+)/g, '{$1}');
  const operation = (document.paths[path] as Record<string, Json> | undefined)?.[route.method.toLowerCase()];
  if (!operation) return;
  operation['tags'] ??= [room];
  operation['operationId'] = `${room}_${route.controller.name.replace(/Controller$/, '')}_${route.handlerName}`;
  const [door] = doorsOf(route.handler, route.controller);
  const responses = (operation['responses'] ??= {}) as Record<string, unknown>;
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  for (const response of Object.values(responses) as { description?: string }[]) response.description ||= 'done';
  if (door && door.to !== 'public') {
    responses['401'] ??= { description: 'no token, or one that is not valid', content };
    responses['403'] ??= { description: 'not for these credentials', content };
  }
  if (path.includes('{')) responses['404'] ??= { description: 'no such resource of yours', content };
  responses['default'] ??= { description: 'a refusal: see its code', content };
}

/** OpenAPI 3.0's `nullable: true` as 3.1 (JSON Schema) says it. */
function asOpenapi31(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(asOpenapi31);
  if (node === null || typeof node !== 'object') return node;
  const copy: Json = Object.fromEntries(Object.entries(node as Json).map(([name, value]) => [name, asOpenapi31(value)]));
  if (copy['nullable'] !== true) return copy;
  delete copy['nullable'];
  if (typeof copy['type'] === 'string')
    return {
      ...copy,
      type: [copy['type'], 'null'],
      ...(Array.isArray(copy['enum']) ? { enum: [...(copy['enum'] as unknown[]), null] } : {}),
    };
  return { anyOf: [copy, { type: 'null' }] };
}

/** One document for all rooms. Two rooms that declare one path, or one schema differently, are a mistake. */
export function mergeOpenapi(documents: readonly OpenapiDocument[]): OpenapiDocument {
  const [first, ...others] = documents;
  if (!first) throw new Error('no document to merge');
  return others.reduce<OpenapiDocument>(
    (merged, next) => ({
      ...merged,
      tags: [...new Set([...(merged.tags ?? []), ...(next.tags ?? [])].map((tag) => tag.name))].map((name) => ({ name })),
      paths: mergeWithoutClash('path', merged.paths, next.paths),
      components: {
        ...merged.components,
        schemas: mergeWithoutClash('schema', merged.components?.schemas ?? {}, next.components?.schemas ?? {}),
      },
    }),
    first,
  );
}

function mergeWithoutClash<T>(what: string, a: Record<string, T>, b: Record<string, T>): Record<string, T> {
  for (const [name, value] of Object.entries(b)) {
    if (Object.hasOwn(a, name) && JSON.stringify(a[name]) !== JSON.stringify(value))
      throw new Error(`two rooms declare the ${what} ${name} differently`);
  }
  return { ...a, ...b };
}
