import { createHash } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { accept, ok, refuse, uuid5, type Result } from '#kernel';
import { callerOf, subjectOf } from './doors.js';

/** A request that must have one effect, however often it is sent. */
export interface Operation {
  /** uuid5(subject, route, Idempotency-Key): unique for ever, so it can serve as the id of what the request creates. */
  readonly id: string;
  /** SHA-256 of the canonical body, lower-case hex. */
  readonly requestHash: string;
}

const KEY = /^[\x21-\x7e]{1,255}$/;

/** Refusals: idempotency.key_missing, idempotency.key_malformed. */
export function operationKey(header: string | string[] | undefined): Result<string> {
  if (header === undefined || header === '') {
    return refuse(
      'idempotency.key_missing',
      'Send an Idempotency-Key header: a fresh random value (a UUID) for each new request, the same one for a retry.',
    );
  }
  return typeof header === 'string' && KEY.test(header)
    ? ok(header)
    : refuse('idempotency.key_malformed', 'An Idempotency-Key is one value of 1 to 255 visible ASCII characters.');
}

/** JSON with sorted members and no spaces: two bodies that mean the same have one form (in the spirit of RFC 8785). */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}

export const hashOf = (body: unknown): string =>
  createHash('sha256')
    .update(canonical(body ?? {}))
    .digest('hex');

/** Method and path with its parameters decoded, so that an escaped path is no second route. */
function routeOf(request: FastifyRequest): string {
  const template = request.routeOptions.url ?? request.url;
  const params = Object.values((request.params ?? {}) as Record<string, string>);
  return params.length === 0 ? `${request.method} ${template}` : `${request.method} ${template} ${JSON.stringify(params)}`;
}

export function operationOf(request: FastifyRequest): Result<Operation> {
  const key = operationKey(request.headers['idempotency-key']);
  if (!key.ok) return key;
  const caller = callerOf(request);
  const subject = caller ? subjectOf(caller) : 'public';
  return ok({ id: uuid5(subject, routeOf(request), key.value), requestHash: hashOf(request.body) });
}

const describeHeader: ParameterDecorator = (target, key) => {
  if (key === undefined) return;
  const descriptor = Object.getOwnPropertyDescriptor(target, key);
  if (!descriptor) return;
  ApiHeader({
    name: 'Idempotency-Key',
    required: true,
    description: 'A fresh random value for each new request; the same value and body again replay the stored answer.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  })(target, key, descriptor);
};

/** The operation this request asks for. Refuses with 400 when the Idempotency-Key header is missing or malformed. */
export const CurrentOperation = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Operation => accept(operationOf(context.switchToHttp().getRequest<FastifyRequest>())),
  [describeHeader],
);
