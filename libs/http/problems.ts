import type { Refusal } from '#kernel';
import { Answer } from './reply.js';

export interface ProblemEntry {
  readonly status: number;
  /** A short sentence, the same for every occurrence. */
  readonly title: string;
  /** The same request may succeed later without a change. Such answers are never stored for replay. */
  readonly retryable?: boolean;
}
/** The refusal codes of a room and what each is over HTTP. */
export type ProblemCatalogue = Readonly<Record<string, ProblemEntry>>;

/** What any room may answer. */
export const generalProblems = {
  'validation.failed': { status: 400, title: 'The request has fields that are missing, unknown or wrong.' },
  'body.malformed': { status: 400, title: 'The body is not a JSON object.' },
  'body.too_large': { status: 413, title: 'The body is larger than 64 KiB.' },
  'body.unsupported_media_type': { status: 415, title: 'The body must be application/json.' },
  'request.malformed': { status: 400, title: 'The request is not well formed.' },
  'route.unknown': { status: 404, title: 'There is nothing at this path for this method.' },
  not_found: { status: 404, title: 'There is no such resource.' },
  'auth.missing': { status: 401, title: 'A bearer token or a signature is required.' },
  'auth.invalid': { status: 401, title: 'The bearer token is not valid.' },
  'auth.signature_malformed': { status: 401, title: 'The signature of the request cannot be read, or covers too little.' },
  'auth.signature_invalid': { status: 401, title: 'The signature of the request is not valid.' },
  'auth.signature_expired': { status: 401, title: 'The signature of the request does not count any more, or not yet.' },
  'auth.digest_mismatch': { status: 401, title: 'The body is not the one that was signed.' },
  'auth.scope_missing': { status: 403, title: 'This key may not do this.' },
  'auth.forbidden': { status: 403, title: 'These credentials may not do this.' },
  'idempotency.key_missing': { status: 400, title: 'The Idempotency-Key header is required.' },
  'idempotency.key_malformed': { status: 400, title: 'The Idempotency-Key header is not usable.' },
  'idempotency.key_reused': { status: 422, title: 'This idempotency key was used with another body.' },
  'idempotency.in_progress': { status: 409, title: 'The first request with this idempotency key is still running.', retryable: true },
  'cursor.malformed': { status: 400, title: 'The cursor is damaged.' },
  'cursor.foreign': { status: 400, title: 'The cursor belongs to another list or filter.' },
  'amount.malformed': { status: 400, title: 'The amount is not a plain decimal.' },
  'amount.precision_exceeded': { status: 400, title: 'The amount has more decimals than the asset.' },
  'amount.too_large': { status: 400, title: 'The amount is too large.' },
  rate_limited: { status: 429, title: 'Too many requests.', retryable: true },
  overloaded: { status: 429, title: 'Too many requests are waiting.', retryable: true },
  unavailable: { status: 503, title: 'Something this needs is not available.', retryable: true },
  internal: { status: 500, title: 'Something went wrong on our side.' },
} as const satisfies ProblemCatalogue;

/** `stake.insufficient_balance` is `/problems/stake-insufficient-balance`. */
export const kebab = (code: string): string => code.replace(/[._]/g, '-');
export const problemType = (code: string): string => `/problems/${kebab(code)}`;

export interface FieldProblem {
  /** JSON pointer of the field (RFC 6901). */
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

/** RFC 9457, with our extension members. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly retryable: boolean;
  readonly instance?: string;
  readonly retry_after_s?: number;
  readonly errors?: readonly FieldProblem[];
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** Refusals of this room as problem documents. */
export class Problems {
  readonly catalogue: ProblemCatalogue;

  constructor(room: ProblemCatalogue) {
    const twice = Object.keys(room).filter((code) => Object.hasOwn(generalProblems, code));
    if (twice.length > 0) throw new Error(`problems declared by the room and by #http: ${twice.join(', ')}`);
    this.catalogue = { ...generalProblems, ...room };
  }

  entry(code: string): ProblemEntry | null {
    return Object.hasOwn(this.catalogue, code) ? (this.catalogue[code] ?? null) : null;
  }

  /** Throws on a code that no catalogue knows: every refusal is declared, or it is a mistake of ours. */
  answer(refusal: Refusal): Answer {
    const entry = this.entry(refusal.code);
    if (entry === null) throw new UndeclaredProblem(refusal.code);
    const { retry_after_s: wait, retryable = entry.retryable ?? false, errors, limits, ...facts } = wireFacts(refusal.facts);
    const body = {
      type: problemType(refusal.code),
      title: entry.title,
      status: entry.status,
      detail: refusal.detail,
      code: refusal.code,
      retryable,
      ...(typeof wait === 'number' ? { retry_after_s: wait } : {}),
      ...(errors === undefined ? {} : { errors }),
      ...(limits === undefined ? {} : { limits }),
      ...(Object.keys(facts).length > 0 ? { facts } : {}),
    };
    return new Answer(entry.status, body, typeof wait === 'number' ? { 'retry-after': String(wait) } : {});
  }
}

export class UndeclaredProblem extends Error {
  override readonly name = 'UndeclaredProblem';
  constructor(readonly code: string) {
    super(`the refusal ${code} is in no problem catalogue`);
  }
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Facts as JSON: snake_case names, base units and times as strings. */
function wireFacts(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [snake(name), typeof value === 'bigint' ? value.toString() : value]),
  );
}

export interface ListedProblem {
  readonly code: string;
  readonly room: string;
  readonly status: number;
  readonly title: string;
  readonly retryable: boolean;
}

/** Every code of every room, for the page that explains them; two rooms may share a code, never with two statuses. */
export function listProblems(rooms: readonly { readonly name: string; readonly problems: ProblemCatalogue }[]): ListedProblem[] {
  const listed = new Map<string, ListedProblem>();
  for (const { name, problems } of [{ name: 'any', problems: generalProblems as ProblemCatalogue }, ...rooms]) {
    for (const [code, { status, title, retryable = false }] of Object.entries(problems)) {
      const known = listed.get(code);
      if (known && known.status !== status) throw new Error(`${name} and ${known.room} declare the problem ${code} with two statuses`);
      listed.set(code, known ?? { code, room: name, status, title, retryable });
    }
  }
  return [...listed.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}
