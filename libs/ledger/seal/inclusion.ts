import type { EntityManager } from 'typeorm';
import type { SealedLog } from '#messages';
import { hashOfBlock, hashOfLeaf, type Leaf, type SignedBlock } from './block.js';
import { inclusionPath, rootOfPath } from './merkle.js';
import { sealAt } from './sealer.js';
import { isSealSignature } from './signature.js';

/** Shows that one row stood in the books when a block was sealed. Needs no database to be checked. */
export interface InclusionProof {
  readonly leaf: Leaf;
  readonly index: number;
  /** Hashes beside the way to the root, lowest first, hex. */
  readonly path: readonly string[];
  readonly block: SignedBlock;
}

/** Of a batch of the ledger; null while it is under no seal. */
export const inclusionProof = (em: EntityManager, batchId: bigint): Promise<InclusionProof | null> => proofOf(em, 'ledger', batchId);
/** Of an audit row. */
export const auditInclusionProof = (em: EntityManager, seq: bigint): Promise<InclusionProof | null> => proofOf(em, 'audit', seq);

async function proofOf(em: EntityManager, log: SealedLog, mark: bigint): Promise<InclusionProof | null> {
  const [found] = await em.query<{ seq: string | null }[]>('SELECT seal.block_of($1, 1, $2) AS seq', [log, mark.toString()]);
  const block = found?.seq ? await sealAt(em, log, found.seq) : null;
  if (!block) return null;
  const leaves = await em.query<Leaf[]>('SELECT * FROM seal.leaves($1, $2)', [log, block.seq]);
  const index = leaves.findIndex((leaf) => leaf.kind === 1 && leaf.mark === mark.toString());
  const leaf = leaves[index];
  if (!leaf) return null;
  return { leaf, index, path: inclusionPath(leaves.map(hashOfLeaf), index).map((hash) => hash.toString('hex')), block };
}

/** Whether a proof holds: leaf, path, root, hash of the block, and its signature by this key (hex, learnt elsewhere). */
export function isIncluded({ leaf, index, path, block }: InclusionProof, publicKey: string): boolean {
  const root = rootOfPath(
    hashOfLeaf(leaf),
    index,
    block.rows,
    path.map((hash) => Buffer.from(hash, 'hex')),
  );
  return (
    root?.toString('hex') === block.root &&
    hashOfBlock(block) === block.hash &&
    block.signature !== null &&
    isSealSignature(block, block.signature, publicKey)
  );
}
