import type { EntityManager } from 'typeorm';
import type { SealedLog } from '#messages';
import type { SignedBlock } from './block.js';
import type { SealedPosition } from './signature.js';

/**
 * Seals the next block of a log: rows of ended transactions only, at most `mostRows` and what is left of the last transaction among them.
 * Null where nothing waits, or while the signer refuses the block before. For custody's role, as all of this file.
 */
export async function sealNext(
  em: EntityManager,
  log: SealedLog,
  mostRows: number,
): Promise<(SealedPosition & { readonly rows: number }) | null> {
  const [block] = await em.query<(SealedPosition & { readonly rows: number })[]>(
    `SELECT log, seq, encode(previous, 'hex') AS previous, encode(hash, 'hex') AS hash, rows FROM seal.next($1, $2)`,
    [log, mostRows],
  );
  return block ?? null;
}

export type SealSignature = Omit<SealedPosition, 'previous'> & { readonly signature: string; readonly publicKey: string };

/** Keeps a signature that the caller has checked. Throws where the block is not there as it was signed, or was signed otherwise. */
export async function keepSealSignature(em: EntityManager, { log, seq, hash, signature, publicKey }: SealSignature): Promise<void> {
  await em.query(`SELECT seal.keep_signature($1, $2, decode($3, 'hex'), decode($4, 'hex'), decode($5, 'hex'))`, [
    log,
    seq,
    hash,
    signature,
    publicKey,
  ]);
}

export type SealRefusal = Omit<SealedPosition, 'previous'> & { readonly code: string; readonly detail: string };

/** From here on the log is sealed no further, until people have decided. */
export async function keepSealRefusal(em: EntityManager, { log, seq, hash, code, detail }: SealRefusal): Promise<void> {
  await em.query(`SELECT seal.keep_refusal($1, $2, decode($3, 'hex'), $4, $5)`, [log, seq, hash, code, detail]);
}

/** Newest first; `before` is the last seq seen. */
export const listSeals = (em: EntityManager, log: SealedLog, limit: number, before?: string): Promise<SignedBlock[]> =>
  em.query<SignedBlock[]>('SELECT * FROM seal.blocks($1, $2, $3)', [log, before ?? null, limit]);

export async function sealAt(em: EntityManager, log: SealedLog, seq: string): Promise<SignedBlock | null> {
  const [block] = await listSeals(em, log, 1, (BigInt(seq) + 1n).toString());
  return block?.seq === seq ? block : null;
}

/** Signed blocks after a position, oldest first. */
export const signedSealsAfter = (em: EntityManager, log: SealedLog, seq: string, limit: number): Promise<SignedBlock[]> =>
  em.query<SignedBlock[]>('SELECT * FROM seal.signed_after($1, $2, $3)', [log, seq, limit]);
