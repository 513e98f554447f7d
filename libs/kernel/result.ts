/**
 * The three ways a thing can go wrong. A Refusal is an expected "no" and is returned as a value; a Fault (I/O) is thrown and may be
 * retried; a broken invariant stops the work (invariant.ts).
 */

/** An expected "no". `code` is dotted and stable (`stake.insufficient_balance`); `facts` are safe to show to the caller. */
export interface Refusal {
  readonly code: string;
  readonly detail: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });

export const refuse = (code: string, detail: string, facts: Record<string, unknown> = {}): { ok: false; refusal: Refusal } => ({
  ok: false,
  refusal: { code, detail, facts },
});

/** Something outside failed: a node, a database, a vendor. A time-out is *unknown*, never *failed*. */
export class Fault extends Error {
  override readonly name = 'Fault';
  constructor(
    readonly code: string,
    message: string,
    readonly retryable: boolean,
    options: { cause?: unknown; facts?: Record<string, unknown> } = {},
  ) {
    super(message, { cause: options.cause });
    this.facts = options.facts ?? {};
  }
  readonly facts: Record<string, unknown>;
}

/** Carries a Refusal up to the one filter that turns it into a problem document, or out of a transaction that must roll back. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(readonly refusal: Refusal) {
    super(`${refusal.code}: ${refusal.detail}`);
  }
}

/** The value, or throws Refused. For doors (controllers, scripts), not for the domain. */
export function accept<T>(result: Result<T>): T {
  if (!result.ok) throw new Refused(result.refusal);
  return result.value;
}
