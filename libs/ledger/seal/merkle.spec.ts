import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { inclusionPath, leafHash, MerkleRoot, rootOfPath } from './merkle.js';

const rootOf = (leaves: readonly Buffer[]): string => {
  const tree = new MerkleRoot();
  for (const leaf of leaves) tree.add(leaf);
  return tree.value().toString('hex');
};

/** The definition of RFC 6962, word for word: split at the largest power of two below n. */
function reference(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return createHash('sha256').digest();
  const [only] = leaves;
  if (leaves.length === 1 && only) return only;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return createHash('sha256')
    .update(Buffer.from([1]))
    .update(reference(leaves.slice(0, k)))
    .update(reference(leaves.slice(k)))
    .digest();
}

/** Inputs and roots of the test vectors that Certificate Transparency implementations share. */
const INPUTS = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

it('has the roots of the known vectors', () => {
  const leaves = INPUTS.map((hex) => leafHash(Buffer.from(hex, 'hex')));
  expect(ROOTS.map((_, n) => rootOf(leaves.slice(0, n)))).toEqual(ROOTS);
});

const leavesOf = (n: number): Buffer[] => Array.from({ length: n }, (_, i) => leafHash(Buffer.from([i & 255, i >> 8])));

it('is the tree of the definition, and every leaf has a path to its root and to no other', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), (n, pick) => {
      const leaves = leavesOf(n);
      const index = pick % n;
      const leaf = leaves[index] ?? leafHash(Buffer.alloc(0));
      const root = rootOf(leaves);
      const path = inclusionPath(leaves, index);
      expect(root).toBe(reference(leaves).toString('hex'));
      expect(rootOfPath(leaf, index, n, path)?.toString('hex')).toBe(root);
      expect(rootOfPath(leafHash(Buffer.from('x')), index, n, path)?.toString('hex')).not.toBe(root);
      expect(rootOfPath(leaf, index, n, [...path, leaf])).toBeNull();
      if (path.length > 0) expect(rootOfPath(leaf, index, n, path.slice(1))).toBeNull();
    }),
  );
});

it.each([[-1], [3], [0.5], [Number.NaN]])('has no path for index %p of three', (index) => {
  expect(rootOfPath(leafHash(Buffer.alloc(0)), index, 3, [])).toBeNull();
});
