/** A broken invariant: the books or the code are wrong. The work stops, nothing is retried, and an alarm is raised. */
export class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken';
  constructor(
    readonly code: string,
    readonly facts: Record<string, unknown> = {},
  ) {
    super(`${code} ${JSON.stringify(facts)}`);
  }
}

export function invariant(condition: boolean, code: string, facts: Record<string, unknown> = {}): asserts condition {
  if (!condition) throw new InvariantBroken(code, facts);
}

/** For the default branch of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new InvariantBroken('unreachable', { value: String(value) });
}
