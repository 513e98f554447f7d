import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  checkpointHash,
  GENESIS,
  leafHash,
  leafText,
  pathOf,
  pathThrough,
  rootOf,
  type CheckpointContent,
  type Leaf,
} from './checkpoint.js';

const sha256 = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

/** RFC 6962 §2.1 by its words, top down: a second implementation, of which ours knows nothing. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256();
  const [only] = leaves;
  if (leaves.length === 1 && only) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Buffer.of(1), treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split)));
}

interface Told {
  readonly side: 'left' | 'right';
  readonly hash: Buffer;
}
interface Root {
  readonly fromPlace: bigint;
  readonly toPlace: bigint;
  readonly root: Buffer;
}
/** What docs/exit-queue.md tells a client to do. */
function verify(leaf: string, path: readonly Told[], { fromPlace, toPlace, root }: Root): boolean {
  const [, pool, place = ''] = leaf.split('\n');
  if (pool !== 'pool' || BigInt(place) <= fromPlace || BigInt(place) > toPlace) return false;
  let hash = sha256(Buffer.of(0), Buffer.from(leaf, 'utf8'));
  let [i, n] = [BigInt(place) - fromPlace - 1n, toPlace - fromPlace];
  let used = 0;
  for (; n > 1n; i /= 2n, n = (n + 1n) / 2n) {
    const side = i % 2n === 1n ? 'left' : i + 1n < n ? 'right' : null;
    if (side === null) continue;
    const step = path[used++];
    if (step?.side !== side) return false;
    hash = side === 'left' ? sha256(Buffer.of(1), step.hash, hash) : sha256(Buffer.of(1), hash, step.hash);
  }
  return used === path.length && hash.equals(root);
}

const leaf = (n: number): Leaf => ({
  poolId: 'pool',
  place: BigInt(n + 1),
  requestId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  shares: BigInt(n * 7 + 1),
  acceptedAt: new Date(1_760_000_000_000 + n),
  fixed: n % 5 === 4 ? null : { nominal: BigInt(n), sumShares: BigInt(n * 9), sumNominal: BigInt(n * 3) },
});

describe('a published order', () => {
  it('is the tree of RFC 6962, and every leaf can be proved in it, whatever the blocks', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.constantFrom(1, 2, 4, 8, 16), (count, block) => {
        const leaves = Array.from({ length: count }, (_, n) => leaf(n));
        const hashes = leaves.map(leafHash);
        const blocks: Buffer[][] = [];
        for (let from = 0; from < count; from += block) blocks.push(hashes.slice(from, from + block));
        const root = rootOf(blocks.map(rootOf));
        expect(root.equals(treeHash(hashes))).toBe(true);
        const published = { fromPlace: 0n, toPlace: BigInt(count), root };
        leaves.forEach((one, n) => {
          const own = Math.floor(n / block);
          const path = pathThrough(blocks[own] ?? [], n % block, blocks.map(rootOf), own);
          expect(verify(leafText(one), path, published)).toBe(true);
          expect(verify(leafText({ ...one, place: one.place + 1n }), path, published)).toBe(false);
          expect(verify(leafText(one), pathOf(hashes, n), published)).toBe(true);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('has one leaf a place: another that says the same place is not proved, wherever it stands', () => {
    for (const count of [2, 3, 5, 6, 9]) {
      const honest = Array.from({ length: count }, (_, n) => leaf(n));
      for (let taken = 0; taken < count; taken++)
        for (let hidden = 0; hidden < count; hidden++) {
          const rival = { ...leaf(hidden), place: BigInt(taken + 1), requestId: '00000000-0000-4000-8000-999999999999' };
          const leaves = honest.map((one, n) => (n === hidden ? rival : one)); // one tree in which two are told the same place
          const hashes = leaves.map(leafHash);
          const published = { fromPlace: 0n, toPlace: BigInt(count), root: rootOf(hashes) };
          expect(verify(leafText(rival), pathOf(hashes, hidden), published)).toBe(hidden === taken);
          const own = leaves[taken];
          if (own) expect(verify(leafText(own), pathOf(hashes, taken), published)).toBe(true);
        }
    }
    const hashes = [leaf(0), leaf(1)].map(leafHash);
    const published = { fromPlace: 0n, toPlace: 2n, root: rootOf(hashes) };
    const path = pathOf(hashes, 1);
    expect(verify(leafText(leaf(1)), path, published)).toBe(true);
    expect(verify(leafText(leaf(1)), [...path, ...path], published)).toBe(false);
    expect(verify(leafText(leaf(1)), [], published)).toBe(false);
    expect(verify(leafText(leaf(1)), path, { ...published, fromPlace: 1n })).toBe(false); // another number of leaves, another way up
    expect(verify(leafText(leaf(1)), path, { ...published, toPlace: 1n })).toBe(false);
  });

  it('is told in words that anybody can hash', () => {
    expect(leafText(leaf(3)).split('\n')).toEqual([
      ...['bailee exit request v1', 'pool', '4', '00000000-0000-4000-8000-000000000003', '22', '2025-10-09T08:53:20.003Z'],
      ...['queued', '3', '27', '9'],
    ]);
    expect(leafText(leaf(4)).split('\n').slice(6)).toEqual(['cancelled', '-', '-', '-']);
    expect(rootOf([]).toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('covers all that it says, and the checkpoint before it', () => {
    const sums = { place: 3n, shares: 30n, nominal: 20n };
    const content: CheckpointContent = {
      ...{ poolId: 'pool', number: 2, report: 7, publishedAt: new Date(1_760_000_000_000), fromPlace: 1n, toPlace: 3n },
      ...{ fixed: sums, head: { ...sums, place: 1n }, root: leafHash(leaf(1)), previous: GENESIS },
    };
    const hash = checkpointHash(content).toString('hex');
    const others: Partial<CheckpointContent>[] = [
      ...[{ poolId: 'other' }, { number: 3 }, { report: 8 }, { publishedAt: new Date(1) }, { fromPlace: 0n }, { toPlace: 4n }],
      ...[
        { fixed: { ...sums, nominal: 21n } },
        { head: { ...sums, place: 2n } },
        { root: leafHash(leaf(2)) },
        { previous: leafHash(leaf(0)) },
      ],
    ];
    for (const other of others) expect(checkpointHash({ ...content, ...other }).toString('hex')).not.toBe(hash);
  });
});
