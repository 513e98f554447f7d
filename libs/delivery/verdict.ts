import { Fault, InvariantBroken } from '#kernel';

export interface Patience {
  /** Failures that nothing explains (no Fault, no broken invariant) before the delivery is laid aside. */
  readonly maxAttempts: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

export interface Verdict {
  /** Laid aside until an operator replays it; its stream stands still. */
  readonly dead: boolean;
  readonly delayMs: number;
  readonly error: string;
}

/**
 * What becomes of a delivery whose handler threw. A retryable Fault (something outside is down) is tried for ever; a broken invariant never
 * again; anything else until patience ends. `jitter` in [0, 1) spreads the next tries.
 */
export function verdict(thrown: unknown, failuresBefore: number, patience: Patience, jitter: number): Verdict {
  const error = describe(thrown);
  if (thrown instanceof InvariantBroken) return { dead: true, delayMs: 0, error };
  const passing = thrown instanceof Fault ? thrown.retryable : isDatabaseAway(thrown);
  const dead = !passing && failuresBefore + 1 >= patience.maxAttempts;
  const full = Math.min(patience.longestDelayMs, patience.firstDelayMs * 2 ** Math.min(failuresBefore, 20));
  return { dead, delayMs: dead ? 0 : Math.round(full * (0.5 + jitter / 2)), error };
}

/** Connection lost or refused, shut down, out of resources, serialization given up: classes 08, 40, 53, 57 and lock_not_available of SQLSTATE. */
const PASSING = /^(08...|40...|53...|57...|55P03|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)$/;

function isDatabaseAway(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const { code, driverError } = thrown as { code?: string; driverError?: { code?: string } };
  return PASSING.test(driverError?.code ?? code ?? '') || /^Connection terminated/.test(thrown.message);
}

function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const code = 'code' in thrown && typeof thrown.code === 'string' ? `${thrown.code} ` : '';
  return `${thrown.name}: ${code}${thrown.message}`;
}
