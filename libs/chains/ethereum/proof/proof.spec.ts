import fc from 'fast-check';
import { keccak256, toRlp, type Hex } from 'viem';
import { Answer } from '../node/answer.js';
import { encodeHeader, encodeReceipt, encodeTransaction, encodeWithdrawal } from './encode.js';
import { proveBlock } from './prove-block.js';
import { trieRoot } from './trie-root.js';

const of = (value: unknown): Answer => new Answer('test', value);
const EMPTY = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';

/** The header of block 11319411 of Sepolia, and one of its transactions, as a node shows them. */
const header = {
  baseFeePerGas: '0x3fb95022',
  blobGasUsed: '0xc0000',
  difficulty: '0x0',
  excessBlobGas: '0xc7a5bd7',
  extraData: '0x4e65746865726d696e642076312e33382e31',
  gasLimit: '0x3938700',
  gasUsed: '0xe0e9d6',
  hash: '0xb3cd8c881cd3fc3b4385e9d0b03ed54394ef9a23dba108e389448e249441f5a2',
  // prettier-ignore
  logsBloom: '0x44a80c64d486ca020c9881e2d3165259d8c0a2408981051528b14014042205f0440820f25484e3508322c01b3ab640f4c119a100180c682a0943120a4a250c85420140c04104214c48800c0ad208062804415cdc44598412828608008c2686580280d4923a3e8570834300c904514c40660803c2ae1f1421000096b94d5ea047c347088900174919091a0800121020e009a00a4143ced81c00650a5201cd0204868038053f44211046456920000d051c008408d18c200a0d80b0c3b7001b0940630814223548a042394b1049496712eac2742b34654e9cb9c6142162540a20824511405a58808c8290403016a4a2c001e81a2d1d18952848528870002e481900',
  miner: '0xc6e2459991bfe27cca6d86722f35da23a1e4cb97',
  mixHash: '0x9028ada144d0c538172347459302cd61591a7e2770f4f715d6f5d7d34657af1b',
  nonce: '0x0000000000000000',
  number: '0xacb873',
  parentBeaconBlockRoot: '0x89f90c0bcfe4437f90cdc41c81be4f7a7c42b6cbbe3e9202fdb65930805b375b',
  parentHash: '0x75e2da461c6f17e3d13b5de8d258ec9094804f11cef940ff870a89b031c86ac9',
  receiptsRoot: '0xfc4f1a5aba44fa323c54e27bf91f86f1cdeb93aaa321f338b7f19cf69eb33226',
  requestsHash: '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  sha3Uncles: '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347',
  stateRoot: '0x69db707c5b845da7a4694df25857108e0d340cd6ea8513394277bbcf40fa6196',
  timestamp: '0x6a5f57cc',
  transactionsRoot: '0x1bf205cf85f92eb74aca1ee7b5eb7fc799742b044196a41a765ff43563b88450',
  withdrawalsRoot: '0x0bd4a937f2261675e67dafded55a3d09a7ae996fddaef5772ce4a432f3ef8d4c',
};
const transaction = {
  blockHash: header.hash,
  blockNumber: header.number,
  from: '0xb31fb3fd1b61e571a9709bc59413950e1abc9926',
  gas: '0x773d',
  gasPrice: '0x99217f22',
  maxFeePerGas: '0xad52a3ff',
  maxPriorityFeePerGas: '0x59682f00',
  hash: '0xf6c6e39b79667c78858e4c5b924a22d834427d7287e8a3b26219fe5dce180065',
  input: '0x00f55d9d000000000000000000000000e22a1e72591acb61ec32a9a1d2a1d0818c2f53e0',
  nonce: '0x3',
  to: '0xe22a1e72591acb61ec32a9a1d2a1d0818c2f53e0',
  transactionIndex: '0x11',
  value: '0x0',
  type: '0x2',
  accessList: [],
  chainId: '0xaa36a7',
  v: '0x0',
  r: '0xe6ba3127dfc7d1e2120a22cc1136f0fa19c41138ec385a11d9498f576a290a4f',
  s: '0x27c7a10dd73a698adda6a9846bc31cd153e4ddeadaae8c9539e475ee5335dad5',
  yParity: '0x0',
};

describe('a proof of a block', () => {
  it('knows a real header and a real transaction by their hashes', () => {
    expect(keccak256(encodeHeader(of(header)))).toBe(header.hash);
    expect(keccak256(encodeTransaction(of(transaction)))).toBe(transaction.hash);
  });

  it('knows the trie of a list of any length', () => {
    expect(trieRoot([])).toBe(EMPTY);
    // one entry is one leaf: the key is the digits of rlp(0) = 80
    expect(trieRoot(['0x1234'])).toBe(keccak256(toRlp(['0x2080', '0x1234'])));
    const roots = [1, 2, 16, 17, 127, 128, 129, 200].map((count) =>
      trieRoot(Array.from({ length: count }, (_, n) => toRlp([`0x${(n + 1).toString(16).padStart(4, '0')}`]))),
    );
    expect(new Set(roots).size).toBe(roots.length);
  });

  /** A whole block of our own making, on the real header. */
  const sent = [transaction];
  const receipt = {
    effectiveGasPrice: '0x99217f22',
    type: '0x2',
    status: '0x1',
    cumulativeGasUsed: '0x5208',
    logsBloom: header.logsBloom,
    logs: [{ address: transaction.to, topics: [header.hash], data: '0x12' }],
  };
  const credit = { index: '0x1', validatorIndex: '0x2', address: transaction.to, amount: '0x3' };
  const root = (encoded: Hex): Hex => trieRoot([encoded]);
  const made = {
    ...header,
    transactions: sent,
    withdrawals: [credit],
    transactionsRoot: root(encodeTransaction(of(transaction))),
    receiptsRoot: root(encodeReceipt(of(receipt))),
    withdrawalsRoot: root(encodeWithdrawal(of(credit))),
  };
  const block = { ...made, hash: keccak256(encodeHeader(of(made))) };

  it('holds for what is whole', () => {
    expect(() => proveBlock(of(block), [of(receipt)])).not.toThrow();
  });

  it('fails for every digit that is another, wherever it stands', () => {
    const places = leaves({ block, receipt }).filter(({ path }) => !UNPROVEN.test(path));
    fc.assert(
      fc.property(fc.nat(places.length - 1), fc.nat(10_000), fc.integer({ min: 1, max: 15 }), (which, where, by) => {
        const place = places[which];
        if (!place) return;
        const at = 2 + (where % (place.value.length - 2));
        const digit = ((Number.parseInt(place.value.charAt(at), 16) + by) % 16).toString(16);
        const changed = structuredClone({ block, receipt });
        place.write(changed, place.value.slice(0, at) + digit + place.value.slice(at + 1));
        expect(() => proveBlock(of(changed.block), [of(changed.receipt)])).toThrow(expect.objectContaining({ code: 'chain.garbage' }));
      }),
      { numRuns: 400 },
    );
  });

  it.each([
    ['a transaction left out', { ...block, transactions: [] }, [receipt]],
    ['a transaction twice', { ...block, transactions: [...sent, ...sent] }, [receipt]],
    ['a withdrawal left out', { ...block, withdrawals: [] }, [receipt]],
    ['a withdrawal twice', { ...block, withdrawals: [credit, credit] }, [receipt]],
    ['a receipt left out', block, []],
    ['a transaction in an encoding that nobody knows', { ...block, transactions: [{ hash: transaction.hash, type: '0x7f' }] }, [receipt]],
    ['a price that was not paid', block, [{ ...receipt, effectiveGasPrice: '0x99217f23' }]],
  ])('fails for %s', (_name, shown, receipts) => {
    expect(() => proveBlock(of(shown), receipts.map(of))).toThrow(expect.objectContaining({ code: 'chain.garbage' }));
  });
});

/** Of a transaction: where it stands, and what is computed from the rest. */
const UNPROVEN = /transactions\.0\.(blockHash|blockNumber|transactionIndex|from|gasPrice|v|yParity|type)$/;

interface Leaf {
  readonly path: string;
  readonly value: string;
  readonly write: (root: object, value: string) => void;
}
function leaves(root: object): Leaf[] {
  const visit = (value: unknown, path: string[]): Leaf[] => {
    if (typeof value === 'string') {
      const write = (into: object, text: string): void => {
        const parent = path.slice(0, -1).reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], into);
        (parent as Record<string, unknown>)[path.at(-1) ?? ''] = text;
      };
      return value.length > 2 ? [{ path: path.join('.'), value, write }] : [];
    }
    return Object.entries(value as object).flatMap(([name, child]) => visit(child, [...path, name]));
  };
  return visit(root, []);
}
