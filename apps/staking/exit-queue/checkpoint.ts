import { createHash } from 'node:crypto';
import { invariant } from '#kernel';
import type { Sums } from './queue.js';

/**
 * What is published of the order of a queue, so that whoever waits can check that it was kept. The algorithm is docs/exit-queue.md's, word for
 * word, and a spec verifies proofs by a second implementation: change neither without the other.
 *
 * Leaves are hashed into the Merkle tree of RFC 6962 §2.1 (SHA-256; 0x00 before a leaf, 0x01 before two nodes), a tree a checkpoint; each
 * checkpoint covers the hash of the one before.
 */
export interface Leaf {
  readonly poolId: string;
  readonly place: bigint;
  /** The request: uuid of its operation. */
  readonly requestId: string;
  readonly shares: bigint;
  readonly acceptedAt: Date;
  /** null: cancelled before its nominal was fixed; its place is kept. Sums are up to and with it. */
  readonly fixed: { readonly nominal: bigint; readonly sumShares: bigint; readonly sumNominal: bigint } | null;
}
export interface CheckpointContent {
  readonly poolId: string;
  readonly number: number;
  readonly report: number;
  readonly publishedAt: Date;
  /** Its leaves: places after `fromPlace`, up to and with `toPlace`. */
  readonly fromPlace: bigint;
  readonly toPlace: bigint;
  /** Up to and with the last request whose nominal is fixed, and whose rate is final. */
  readonly fixed: Sums;
  readonly head: Sums;
  readonly root: Buffer;
  readonly previous: Buffer;
}

/** Leaves of one block: a whole one is a whole subtree, so its root is enough for proofs of other blocks. */
export const BLOCK = 1_024;
export const GENESIS = Buffer.alloc(32);

const sha256 = (...parts: readonly (Buffer | string)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

export function leafText({ poolId, place, requestId, shares, acceptedAt, fixed }: Leaf): string {
  const sums = fixed === null ? ['cancelled', '-', '-', '-'] : ['queued', fixed.nominal, fixed.sumShares, fixed.sumNominal];
  return ['bailee exit request v1', poolId, place, requestId, shares, acceptedAt.toISOString(), ...sums].map(String).join('\n');
}
export const leafHash = (leaf: Leaf): Buffer => sha256(LEAF, leafText(leaf));

const sumsText = ({ place, shares, nominal }: Sums): string => `${place} ${shares} ${nominal}`;
export const checkpointText = (c: CheckpointContent): string =>
  [
    ...['bailee exit checkpoint v1', c.poolId, c.number, c.report, c.publishedAt.toISOString(), c.fromPlace, c.toPlace],
    ...[sumsText(c.fixed), sumsText(c.head), c.root.toString('hex'), c.previous.toString('hex')],
  ]
    .map(String)
    .join('\n');
export const checkpointHash = (content: CheckpointContent): Buffer => sha256(checkpointText(content));

/** Pairs what stands side by side; the last of an odd row goes up as it is. */
function above(row: readonly Buffer[]): Buffer[] {
  const up: Buffer[] = [];
  for (let i = 0; i < row.length; i += 2) {
    const [left, right] = [row[i], row[i + 1]];
    if (left) up.push(right ? sha256(NODE, left, right) : left);
  }
  return up;
}

/** Root over hashes of leaves, or over roots of whole blocks. Of none: the hash of nothing. */
export function rootOf(hashes: readonly Buffer[]): Buffer {
  let row = hashes;
  while (row.length > 1) row = above(row);
  return row[0] ?? sha256('');
}

export interface Step {
  /** On which side of the way up it stands. */
  readonly side: 'left' | 'right';
  readonly hash: Buffer;
}

/** From a leaf up to the root. Who verifies takes the sides from the place and the number of leaves, so that a place has one leaf. */
export function pathOf(hashes: readonly Buffer[], index: number): Step[] {
  invariant(index >= 0 && index < hashes.length, 'checkpoint.no_such_leaf', { index, leaves: hashes.length });
  const path: Step[] = [];
  for (let [row, at] = [hashes, index]; row.length > 1; row = above(row), at = at >> 1) {
    const sibling = row[at ^ 1];
    if (sibling) path.push({ side: at % 2 === 0 ? 'right' : 'left', hash: sibling });
  }
  return path;
}

/** Blocks are whole but for the last, so the way up is the one within the block and then the one over the blocks. */
export const pathThrough = (block: readonly Buffer[], index: number, blocks: readonly Buffer[], blockIndex: number): Step[] => [
  ...pathOf(block, index),
  ...pathOf(blocks, blockIndex),
];
