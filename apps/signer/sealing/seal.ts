import { ok, refuse, type Result } from '#kernel';

/** A position in the chain of seals of one log; hashes are hex without 0x. */
export interface Position {
  readonly seq: bigint;
  readonly previous: string;
  readonly hash: string;
}

/** What the first block of a chain continues. */
const NOTHING = '00'.repeat(32);

/**
 * May this position be signed? `known` is what was signed at its place, `last` the highest that was signed: a chain is signed from its first
 * block on, each place once, each continuing the one before. Whoever rewrites the past has to ask for a place again, or breaks the link.
 */
export function decideSeal(asked: Position, known: Position | null, last: Position | null): Result<'sign' | 'again'> {
  if (known) {
    if (known.hash === asked.hash && known.previous === asked.previous) return ok('again');
    return refuse('seal.rewritten', 'Another block was signed at this place.', { seq: asked.seq.toString(), signed: known.hash });
  }
  const next = (last?.seq ?? 0n) + 1n;
  if (asked.seq !== next) return refuse('seal.gap', `The next place to sign is ${next}.`, { seq: asked.seq.toString() });
  const before = last?.hash ?? NOTHING;
  if (asked.previous !== before)
    return refuse('seal.not_continued', 'It does not continue the block that was signed before it.', {
      seq: asked.seq.toString(),
      signed: before,
    });
  return ok('sign');
}
