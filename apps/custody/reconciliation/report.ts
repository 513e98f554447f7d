import { named, type Named } from '#http';
import type { AssetCode } from '#kernel';
import type { Evidence, Findings } from './reconciliation.js';

export interface ReconciliationReport extends Named<'ledger'>, Named<'chain_holds'>, Named<'difference'>, Named<'unexplained'> {
  readonly asset: AssetCode;
  readonly items: readonly ({ readonly kind: string; readonly subject: string; readonly explanation: string } & Named<'amount'>)[];
  readonly wallets: readonly ({ readonly role: string; readonly address: string; readonly equal: boolean } & Named<'ledger'> &
    Named<'chain_holds'>)[];
  readonly validators: readonly ({ readonly pubkey: string; readonly pool: string; readonly status: string } & Named<'ledger'> &
    Named<'chain_holds'>)[];
  readonly clearing: readonly ({ readonly account: string; readonly owner: string; readonly explanation: string } & Named<'balance'> &
    Named<'unexplained'>)[];
  readonly entities: readonly { readonly entity: string; readonly asset: string; readonly sum_atomic: string }[];
}

export function reportOf(
  code: AssetCode,
  evidence: Evidence,
  findings: Findings,
  display: (address: string) => string,
): ReconciliationReport {
  const both = <N extends string>(name: N, units: bigint): Named<N> => named(name, code, units);
  return {
    asset: code,
    ...both('ledger', findings.ledger),
    ...both('chain_holds', findings.chain),
    ...both('difference', findings.difference),
    ...both('unexplained', findings.unexplained),
    items: findings.items.map(({ kind, subject, explanation, amount }) => ({ kind, subject, explanation, ...both('amount', amount) })),
    wallets: evidence.wallets.map((w) => ({
      role: w.role,
      address: display(w.address),
      equal: w.ledger === w.chain,
      ...both('ledger', w.ledger),
      ...both('chain_holds', w.chain),
    })),
    validators: evidence.validators.map((v) => ({
      pubkey: v.pubkey,
      pool: v.poolId,
      status: v.status,
      ...both('ledger', v.booked ?? v.deposited),
      ...both('chain_holds', v.balance + v.queued),
    })),
    clearing: findings.clearing.map(({ account, owner, explanation, balance, unexplained }) => ({
      account,
      owner,
      explanation,
      ...both('balance', balance),
      ...both('unexplained', unexplained),
    })),
    entities: evidence.entities.map((e) => ({ entity: e.entity, asset: e.asset, sum_atomic: e.sum.toString() })),
  };
}
