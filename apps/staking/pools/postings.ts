import { amount, uuid5, type AssetCode } from '#kernel';
import { accountKinds, transferKinds, type AccountKindName, type AccountRef, type Posting } from '#ledger';
import type { Move } from './moves.js';

/** Whose money moves, and why. */
export interface Cause {
  readonly pool: { readonly id: string; readonly chain: string; readonly asset: AssetCode; readonly shareAsset: AssetCode };
  /** Operation, batch, report, run or sweep (uuid): with kind and subject it makes the key, so a replay posts nothing twice. */
  readonly reference: string;
  readonly effectiveAt: Date;
}

/** Fees of a report cross from trust to house: such postings stand or fall together. */
const crossing = new Set<Move['kind']>(['reward.commission', 'execution.commission', 'house.fee_accrue']);

export const toPostings = (moves: readonly Move[], cause: Cause): Posting[] => moves.map((move) => toPosting(move, cause));

function toPosting(move: Move, cause: Cause): Posting {
  const { debit, credit } = transferKinds[move.kind];
  const subject = 'of' in move ? move.of : 'pubkey' in move ? move.pubkey : cause.pool.id;
  return {
    key: uuid5(move.kind, cause.reference, subject),
    kind: move.kind,
    debit: account(debit, 'target' in move ? { ...move, pubkey: move.target } : move, cause),
    credit: account(credit, move, cause),
    amount: amount(move.amount),
    effectiveAt: cause.effectiveAt,
    reference: cause.reference,
    ...(crossing.has(move.kind) ? { group: uuid5('fee', cause.reference) } : {}),
  };
}

function account(kind: AccountKindName, move: Move, { pool }: Cause): AccountRef {
  const { owner, asset } = accountKinds[kind];
  return { kind, owner: ownerOf(owner, move, pool), asset: asset === 'share' ? pool.shareAsset : pool.asset };
}

function ownerOf(type: (typeof accountKinds)[AccountKindName]['owner'], move: Move, pool: Cause['pool']): string {
  if (type === 'client' && 'clientId' in move) return move.clientId;
  if (type === 'validator' && 'pubkey' in move) return move.pubkey;
  if (type === 'operator' && 'operator' in move) return move.operator;
  return type === 'chain' ? pool.chain : pool.id;
}
