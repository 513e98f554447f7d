import { hashOfBlock, NOTHING_BEFORE, type SignedBlock } from '../seal/block.js';
import { isSealSignature } from '../seal/signature.js';
import type { Check, Finding, Reader } from './report.js';

/** Written out here, not called from the database: whoever can alter rows can alter functions. */
const BLOCKS = `
  SELECT b.log, b.seq, b.epoch, b.cluster, b.after_xid, b.upto_xid, b.floor, b.top, b.chart, b.rows, encode(b.root, 'hex') AS root, encode(b.previous, 'hex') AS previous,
         encode(b.hash, 'hex') AS hash, to_char(b.sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS sealed_at,
         encode(s.signature, 'hex') AS signature, encode(s.public_key, 'hex') AS public_key, encode(s.hash, 'hex') AS signed_hash,
         b.seq < (SELECT max(x.seq) FROM seal.signature x WHERE x.log = b.log) AS signed_later
    FROM seal.block b LEFT JOIN seal.signature s ON s.log = b.log AND s.seq = b.seq`;

export type StoredBlock = SignedBlock & { readonly signed_hash: string | null; readonly signed_later: boolean | null };

const PAGE = 1_000;

/** The blocks of a log in their order, page by page. */
export async function* blocksOf(reader: Reader, log: string, epoch?: number): AsyncGenerator<StoredBlock, void, undefined> {
  let after = '-9223372036854775808';
  for (;;) {
    const page = await reader.rows<StoredBlock>(
      `${BLOCKS} WHERE b.log = $1 AND b.seq > $2 AND ($3::int IS NULL OR b.epoch = $3) ORDER BY b.seq LIMIT ${PAGE}`,
      [log, after, epoch ?? null],
    );
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.seq ?? after;
  }
}

const FIRST = {
  seq: '0',
  hash: NOTHING_BEFORE,
  epoch: 1,
  upto_xid: '0',
  floor: [] as readonly string[],
  top: [] as readonly string[],
  chart: 0,
};
type Before = Pick<SignedBlock, keyof typeof FIRST> & { readonly cluster?: string };

/** Places without gaps, each block's own hash, its link to the block before, windows that leave nothing out. */
export const sealChainCheck = (log: string): Check => ({
  name: `seals of the ${log}: hashes and links`,
  async *run(reader) {
    let before: Before = FIRST;
    for await (const block of blocksOf(reader, log)) {
      const wrong = whatIsWrong(block, before);
      if (wrong) yield { code: 'seal.chain', where: whereOf(block), detail: wrong };
      before = block;
    }
  },
});

function whatIsWrong(block: StoredBlock, before: Before): string | null {
  if (BigInt(block.seq) !== BigInt(before.seq) + 1n) return `follows block ${before.seq}`;
  if (hashOfBlock(block) !== block.hash) return 'its hash does not fit its columns';
  if (block.previous !== before.hash) return 'does not continue the block before it';
  if (block.top.some((top, kind) => BigInt(top) < BigInt(before.top[kind] ?? 0)) || block.chart < before.chart)
    return 'covers less than the block before it';
  const same = block.epoch === before.epoch && (before.cluster === undefined || block.cluster === before.cluster);
  if (same) {
    const floor = before.cluster === undefined ? block.floor.map(() => '0') : before.floor;
    return block.after_xid === before.upto_xid && String(block.floor) === String(floor)
      ? null
      : 'its window does not begin where the one before it ends';
  }
  const above = block.floor.every((floor, kind) => BigInt(floor) >= BigInt(before.top[kind] ?? 0));
  return block.epoch === before.epoch + 1 && block.after_xid === '0' && above ? null : 'its epoch does not continue the one before it';
}

/** Every signature by one of the keys, over the block as it stands; none missing before one that is there. */
export const sealSignatureCheck = (log: string, keys: ReadonlySet<string>): Check => ({
  name: `seals of the ${log}: signatures`,
  async *run(reader) {
    for await (const block of blocksOf(reader, log)) {
      const wrong = signatureFault(block, keys);
      if (wrong) yield { code: 'seal.signature', where: whereOf(block), detail: wrong };
    }
  },
});

function signatureFault(block: StoredBlock, keys: ReadonlySet<string>): string | null {
  if (block.signature === null || block.public_key === null)
    return block.signed_later === true ? 'is not signed, but a later block is' : null;
  if (!keys.has(block.public_key)) return `is signed by ${block.public_key}, which is not the key of seals`;
  if (block.signed_hash !== block.hash) return 'was signed with another hash';
  return isSealSignature(block, block.signature, block.public_key) ? null : 'its signature does not hold';
}

export const whereOf = ({ log, seq }: Pick<SignedBlock, 'log' | 'seq'>): Finding['where'] => `seal of the ${log} ${seq}`;
