/** Merkle tree of RFC 6962 (section 2.1) over SHA-256: leaves and nodes are hashed with different prefixes, so none passes for the other. */
import { createHash } from 'node:crypto';

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

export const leafHash = (content: Uint8Array): Buffer => sha256(LEAF, content);
const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => sha256(NODE, left, right);

/** Takes leaf hashes one by one and holds one subtree a bit of their number, however many there are. */
export class MerkleRoot {
  private readonly full: { height: number; hash: Buffer }[] = [];
  size = 0;

  add(leaf: Buffer): void {
    let tree = { height: 0, hash: leaf };
    for (let before = this.full.at(-1); before?.height === tree.height; before = this.full.at(-1)) {
      this.full.pop();
      tree = { height: tree.height + 1, hash: nodeHash(before.hash, tree.hash) };
    }
    this.full.push(tree);
    this.size++;
  }

  /** Of no leaf at all: SHA-256 of nothing. */
  value(): Buffer {
    const [last, ...before] = this.full.map((tree) => tree.hash).reverse();
    return last === undefined ? sha256() : before.reduce((right, left) => nodeHash(left, right), last);
  }
}

/** The hashes beside the way from leaf `index` to the root, lowest first. */
export function inclusionPath(leaves: readonly Buffer[], index: number): Buffer[] {
  const path: Buffer[] = [];
  let level = leaves;
  for (let place = index; level.length > 1; place >>= 1) {
    const sibling = level[place ^ 1];
    if (sibling) path.push(sibling);
    level = level.flatMap((hash, i) => (i % 2 === 1 ? [] : [i + 1 < level.length ? nodeHash(hash, level[i + 1] ?? hash) : hash]));
  }
  return path;
}

/** The root that a path leads to; null when its length does not fit a tree of that size. */
export function rootOfPath(leaf: Buffer, index: number, size: number, path: readonly Buffer[]): Buffer | null {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return null;
  let hash = leaf;
  let used = 0;
  for (let place = index, last = size - 1; last > 0; place = Math.floor(place / 2), last = Math.floor(last / 2)) {
    const alone = place === last && place % 2 === 0;
    if (alone) continue;
    const sibling = path[used++];
    if (!sibling) return null;
    hash = place % 2 === 1 ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
  }
  return used === path.length ? hash : null;
}
