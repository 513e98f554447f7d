import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Fault, refuse, Refused, type Refusal } from '#kernel';
import type { Logger } from '#runtime';
import { isPassingTrouble } from './passing-trouble.js';
import { type Problems, UndeclaredProblem } from './problems.js';
import type { Answer } from './reply.js';

/** What Fastify itself refuses, in our words. */
const framework: Readonly<Record<string, readonly [code: string, detail: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['body.too_large', 'Send at most 64 KiB.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['body.unsupported_media_type', 'Send Content-Type: application/json.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['body.malformed', 'The body is empty, but Content-Type says application/json.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['body.malformed', 'The body is not valid JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['body.malformed', 'The body is not as long as Content-Length says.'],
  FST_ERR_BAD_URL: ['request.malformed', 'The path is not a valid URL path.'],
  FST_ERR_MAX_PARAM_LENGTH: ['route.unknown', 'A part of the path is too long.'],
};
/** The one place where anything that went wrong becomes a problem document (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly problems: Problems,
    private readonly logger: Logger,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (reply.sent) return;
    send(reply, request, this.answer(error, request));
  }

  answer(error: unknown, request: FastifyRequest): Answer {
    try {
      return this.problems.answer(this.refusalOf(error, request));
    } catch (undeclared) {
      if (!(undeclared instanceof UndeclaredProblem)) throw undeclared;
      return this.problems.answer(this.internal(undeclared, request));
    }
  }

  private refusalOf(error: unknown, request: FastifyRequest): Refusal {
    if (error instanceof Refused) return error.refusal;
    if (error instanceof Fault) return this.faultRefusal(error, request);
    const cause = error instanceof HttpException ? (error.cause ?? error) : error;
    const known = framework[codeOf(cause) ?? ''];
    if (known) return refuse(known[0], known[1]).refusal;
    if (error instanceof HttpException && error.getStatus() < 500) return fromHttp(error);
    if (isPassingTrouble(error)) {
      this.logger.error({ requestId: request.id, err: error }, 'not available');
      return refuse('unavailable', 'A part of the system cannot be reached. Nothing was done; try again.', { retry_after_s: 5 }).refusal;
    }
    return this.internal(error, request);
  }

  private faultRefusal(fault: Fault, request: FastifyRequest): Refusal {
    if (fault.code === 'overloaded') {
      this.logger.warn({ requestId: request.id, ...fault.facts }, 'overloaded');
      return refuse('overloaded', 'Nothing was done. Send the same request again.', { retry_after_s: 1 }).refusal;
    }
    this.logger.error({ requestId: request.id, err: fault, code: fault.code }, 'fault');
    const code = this.problems.entry(fault.code)?.status === 503 ? fault.code : 'unavailable';
    const wait = fault.retryable ? { retry_after_s: 5 } : { retryable: false };
    return refuse(code, 'Something this needs did not answer as it should. Try again later.', wait).refusal;
  }

  /** The cause goes to the log alone; the caller gets the id to quote. */
  private internal(error: unknown, request: FastifyRequest): Refusal {
    this.logger.error({ requestId: request.id, err: error }, 'unexpected');
    return refuse('internal', `Please quote the request id ${request.id}.`).refusal;
  }
}

function fromHttp(error: HttpException): Refusal {
  return error.getStatus() === 404
    ? refuse('route.unknown', 'See /docs for what there is.').refusal
    : refuse('request.malformed', 'The request could not be understood.').refusal;
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Sends an answer; a problem gets its media type and the request's own URI. */
export function send(reply: FastifyReply, request: FastifyRequest, answered: Answer): void {
  void reply.code(answered.status).headers(answered.headers);
  if (!answered.isProblem) return void reply.send(answered.body);
  const instance = `/v1/requests/${request.id}`;
  void reply.type('application/problem+json; charset=utf-8').send(JSON.stringify({ ...(answered.body as object), instance }));
}
