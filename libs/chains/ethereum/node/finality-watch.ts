import { Fault } from '#kernel';

interface Seen {
  readonly height: bigint;
  readonly hash: string;
}

/** What is final is remembered for so many blocks. */
const REMEMBERED = 4_096;

/**
 * What this process has been told is final. It must never be taken back: Fault `chain.finality_violated` when finality or the head goes
 * behind it, or when a final block is replaced by another. An answer is compared with what was known when the question was asked,
 * since answers may overtake one another.
 */
export class FinalityWatch {
  private checkpoint: Seen | null = null;
  private block: Seen | null = null;
  private readonly hashes = new Map<bigint, string>();

  /** The highest block known to be final; null before the first. */
  get finalBlock(): bigint | null {
    return this.block?.height ?? null;
  }

  /** Asks for the finalised checkpoint (by epoch) or the finalised block (by number), and takes the answer in. */
  async observe<T>(of: 'checkpoint' | 'block', ask: () => Promise<T>, read: (answer: T) => Seen): Promise<T> {
    const before = this[of];
    const answer = await ask();
    const now = read(answer);
    if (before && now.height < before.height)
      throw violated(`The finalised ${of} went back from ${before.height} to ${now.height}.`, before, now);
    if (before && now.height === before.height && now.hash !== before.hash) throw violated(`A finalised ${of} was replaced.`, before, now);
    const latest = this[of];
    if (!latest || now.height > latest.height) this[of] = now;
    return answer;
  }

  /** A head behind what is final. A head that is lower than before but above it is a reorganisation, which happens. */
  async observeHead<T>(ask: () => Promise<T>, height: (answer: T) => bigint): Promise<T> {
    const before = this.block;
    const answer = await ask();
    const now = height(answer);
    if (before && now < before.height)
      throw violated(`The head, block ${now}, is behind the finalised block ${before.height}.`, before, null);
    return answer;
  }

  /** A block as a node shows it: once final, a height has one hash, and its parent is the block before it. */
  observeBlock(height: bigint, hash: string, parentHash: string): void {
    if (this.block === null || height > this.block.height) return;
    const known = this.hashes.get(height);
    if (known !== undefined && known !== hash)
      throw violated(`The finalised block ${height} was replaced.`, { height, hash: known }, { height, hash });
    const parent = this.hashes.get(height - 1n);
    if (parent !== undefined && parent !== parentHash) {
      throw new Fault('chain.garbage', `The finalised block ${height} does not follow the one before it.`, true, {
        facts: { block: height.toString(), parent: parentHash, expected: parent },
      });
    }
    this.hashes.set(height, hash);
    if (this.hashes.size > REMEMBERED) this.hashes.delete(this.hashes.keys().next().value ?? height);
  }
}

function violated(words: string, before: Seen, now: Seen | null): Fault {
  const facts = { was: before.hash, is: now?.hash ?? null, height: before.height.toString() };
  return new Fault('chain.finality_violated', `${words} Nothing may be credited until people have looked.`, false, { facts });
}
