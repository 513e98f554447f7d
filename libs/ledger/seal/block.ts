import { createHash } from 'node:crypto';
import type { SealedLog } from '#messages';
import { leafHash } from './merkle.js';

/** A row under a seal. kind in the ledger: 1 batch, 2 account, 3 hold, 4 chart log, 5 reversal, 6 closed period; in the audit log: 1 event. */
export interface Leaf {
  readonly kind: number;
  /** The row's id; of a hold, a reversal and a period its time in microseconds. Decimal. */
  readonly mark: string;
  /** The transaction that wrote it. Decimal. */
  readonly xid: string;
  /** The row's own digest, hex. */
  readonly digest: string;
}

/** One block of the chain of seals; hashes are hex without 0x, ids decimal. */
export interface Block {
  readonly log: SealedLog;
  /** From 1 without gaps. */
  readonly seq: string;
  readonly epoch: number;
  /** System identifier of the cluster whose transaction ids the window counts. */
  readonly cluster: string;
  /** Exclusive. */
  readonly after_xid: string;
  readonly upto_xid: string;
  /** By kind: only rows with a higher mark belong to this epoch. */
  readonly floor: readonly string[];
  /** By kind: the highest mark sealed so far; no row of the block has a higher one. */
  readonly top: readonly string[];
  readonly chart: number;
  readonly rows: number;
  readonly root: string;
  readonly previous: string;
  readonly hash: string;
  /** RFC 3339 with microseconds, as it is hashed. */
  readonly sealed_at: string;
}

export interface SignedBlock extends Block {
  /** Null until the signer has answered. */
  readonly signature: string | null;
  readonly public_key: string | null;
}

/** What the first block continues. */
export const NOTHING_BEFORE = '00'.repeat(32);

export function hashOfLeaf({ kind, mark, xid, digest }: Leaf): Buffer {
  const head = Buffer.alloc(18);
  head.writeInt16BE(kind, 0);
  head.writeBigInt64BE(BigInt(mark), 2);
  head.writeBigUInt64BE(BigInt(xid), 10);
  return leafHash(Buffer.concat([head, Buffer.from(digest, 'hex')]));
}

/** Every field but the hash itself, as lines of text, so that anybody can make it again. */
export function hashOfBlock(b: Block): string {
  const lines = [
    'bailee.seal.v1',
    b.log,
    b.seq,
    b.epoch,
    b.cluster,
    b.after_xid,
    b.upto_xid,
    b.floor.join(','),
    b.top.join(','),
    b.chart,
    b.rows,
    b.root,
    b.previous,
    b.sealed_at,
  ];
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
