import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refuse, Refused } from '#kernel';
import { isSigned } from './request-signature.js';

/** No body of ours is nested deeper; what walks a body need not fear for its stack. */
const DEEPEST = 32;

const rawBodies = new WeakMap<FastifyRequest, string>();
/** The body of a signed request as it came; undefined when there was none. */
export const rawBodyOf = (request: FastifyRequest): string | undefined => rawBodies.get(request);

/** JSON bodies alone, of a sane depth, and none that PostgreSQL could not store: no U+0000, no half of a surrogate pair. */
export function acceptJsonOnly(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, raw, done) => {
    const text = raw as string;
    if (isSigned(request.headers)) rawBodies.set(request, text); // what was signed is what was sent, to the byte
    if (text === '') return done(null, undefined); // a POST without fields may say it is JSON
    if (isTooDeep(text)) return done(malformed(`The body is nested deeper than ${DEEPEST} levels.`), undefined);
    void parse(request, text, (error, body) => {
      if (error === null && text.includes('\\u') && !isStorable(body))
        done(malformed('A text contains U+0000 or half of a surrogate pair.'), undefined);
      else done(error, body);
    });
  });
}

const malformed = (detail: string): Error => new Refused(refuse('body.malformed', detail).refusal);

function isTooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (quoted) {
      if (c === 92) i++;
      else if (c === 34) quoted = false;
    } else if (c === 34) quoted = true;
    else if (c === 91 || c === 123) {
      if (++depth > DEEPEST) return true;
    } else if (c === 93 || c === 125) depth--;
  }
  return false;
}

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\u0000') && isWellFormed(value);
  if (value === null || typeof value !== 'object') return true;
  return Object.entries(value).every(([name, member]) => isStorable(name) && isStorable(member));
}

const isWellFormed = (text: string): boolean => !/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(text);
