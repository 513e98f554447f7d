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

/** What docs/exit-queue.md tells a client to do. */
function verify(leaf: string, path: readonly { side: 'left' | 'right'; hash: Buffer }[], root: Buffer): boolean {
  let hash = sha256(Buffer.of(0), Buffer.from(leaf, 'utf8'));
  for (const step of path) hash = step.side === 'left' ? sha256(Buffer.of(1), step.hash, hash) : sha256(Buffer.of(1), hash, step.hash);
  return hash.equals(root);
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
        leaves.forEach((one, n) => {
          const own = Math.floor(n / block);
          const path = pathThrough(blocks[own] ?? [], n % block, blocks.map(rootOf), own);
          expect(verify(leafText(one), path, root)).toBe(true);
          expect(verify(leafText({ ...one, place: one.place + 1n }), path, root)).toBe(false);
          expect(verify(leafText(one), pathOf(hashes, n), root)).toBe(true);
        });
      }),
      { numRuns: 60 },
    );
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
