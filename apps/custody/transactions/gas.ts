import type { EntityManager } from 'typeorm';
import { invariant, type Amount } from '#kernel';
import { post } from '#ledger';
import { ofChain } from '../accounts.js';
import type { TransactionEntity } from './transaction.entity.js';

/** Another transaction has taken the float meanwhile: everything is undone and this one waits. */
export class FloatTaken extends Error {}

/** Sets gas aside before anything is signed. Last in its transaction, as its locks are the hottest. Throws FloatTaken. */
export async function reserveGas(em: EntityManager, row: TransactionEntity, units: Amount, key: string, at: Date): Promise<void> {
  if (units === 0n) return;
  const [outcome] = await post(em, [
    {
      key,
      kind: 'gas.reserve',
      debit: ofChain('trust.gas_float', row.chain, row.asset),
      credit: ofChain('trust.gas_reserved', row.chain, row.asset),
      amount: units,
      effectiveAt: at,
      reference: row.id,
    },
  ]);
  if (outcome?.status === 'posted') return;
  invariant(outcome?.reason === 'insufficient', 'ledger.refused', { kind: 'gas.reserve', reason: outcome?.reason });
  throw new FloatTaken();
}
