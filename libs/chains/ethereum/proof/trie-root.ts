import { concatHex, keccak256, toRlp, type Hex } from 'viem';

/** keccak256(rlp('')): the root of a trie without entries. */
const EMPTY: Hex = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';

type Rlp = Hex | readonly Rlp[];
interface Entry {
  /** What is left of the key, as hex digits. */
  readonly path: string;
  readonly value: Hex;
}

/**
 * The root of the Merkle-Patricia trie of a list by position (Yellow Paper, appendix D): what a block's header says of its transactions,
 * receipts and withdrawals.
 */
export function trieRoot(values: readonly Hex[]): Hex {
  if (values.length === 0) return EMPTY;
  const entries = values.map((value, index) => ({ path: toRlp(index === 0 ? '0x' : evenHex(index)).slice(2), value }));
  return keccak256(toRlp(node(entries) as Hex));
}

const evenHex = (index: number): Hex => {
  const digits = index.toString(16);
  return `0x${digits.length % 2 === 0 ? digits : `0${digits}`}`;
};

/** A leaf, an extension over what all paths share, or a branch. */
function node(entries: readonly Entry[]): Rlp {
  const [first, ...rest] = entries;
  if (!first) return '0x';
  if (rest.length === 0) return [compact(first.path, true), first.value];
  const shared = sharedLength(entries);
  if (shared > 0) {
    const below = entries.map(({ path, value }) => ({ path: path.slice(shared), value }));
    return [compact(first.path.slice(0, shared), false), reference(node(below))];
  }
  const children = Array.from({ length: 16 }, (_, digit) => {
    const name = digit.toString(16);
    const below = entries.filter(({ path }) => path.startsWith(name)).map(({ path, value }) => ({ path: path.slice(1), value }));
    return below.length === 0 ? ('0x' as const) : reference(node(below));
  });
  return [...children, entries.find(({ path }) => path === '')?.value ?? '0x'];
}

/** A node of 32 bytes or more is named by its hash, a smaller one stands for itself. */
function reference(of: Rlp): Rlp {
  const encoded = toRlp(of as Hex);
  return encoded.length >= 2 + 64 ? keccak256(encoded) : of;
}

/** Hex-prefix encoding: whether it is a leaf and whether the digits are odd stand in the first digit. */
function compact(path: string, leaf: boolean): Hex {
  const odd = path.length % 2 === 1;
  const flag = (leaf ? 2 : 0) + (odd ? 1 : 0);
  return concatHex([`0x${flag}${odd ? '' : '0'}${path}`]);
}

function sharedLength(entries: readonly Entry[]): number {
  const [first, ...rest] = entries;
  let length = first?.path.length ?? 0;
  for (const { path } of rest) while (!path.startsWith(first?.path.slice(0, length) ?? '')) length--;
  return length;
}
