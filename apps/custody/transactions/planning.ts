import type { Chain, TransactionPlan } from '#chains';
import { amount, invariant, ok, refuse, ZERO, type Refusal, type Result } from '#kernel';
import type { WalletEntity } from '../wallets/wallet.entity.js';
import { isProtocolRequest, type protocolRequests } from './transaction.js';
import type { TransactionEntity } from './transaction.entity.js';

/** Refusals that pass by themselves: the request waits. */
const passing = new Set([
  'exit.too_young',
  'exit.fee_too_high',
  'exit.partial_pending',
  'consolidation.too_young',
  'consolidation.fee_too_high',
  'consolidation.partial_pending',
  'consolidation.no_churn',
  'deposit.key_unknown', // a first deposit that the chain has not taken in yet
]);
export const mayPass = (refusal: Refusal): boolean => passing.has(refusal.code);

/** What the signer signed for this key and amount. */
export const depositOf = (
  row: TransactionEntity,
): { pubkey: string; withdrawalCredentials: string; signature: string; depositDataRoot: string } => {
  invariant(row.deposit !== null, 'transaction.without_deposit', { id: row.id });
  return row.deposit;
};

/**
 * What the transaction shall do on chain. May ask the chain (a protocol request's fee is the fee of the moment). A sweep's value is not
 * known yet: it is what the address can spare when it is built. `ours`: the validators that we have deposited to for the same pool.
 * Refusals: exit.*, partial.*, consolidation.*, credentials.*, deposit.*.
 */
export async function planFor(
  chain: Chain,
  row: TransactionEntity,
  from: WalletEntity,
  to: WalletEntity | null,
  ours: ReadonlySet<string>,
): Promise<Result<TransactionPlan>> {
  if (isProtocolRequest(row.purpose)) return canonical(await protocolPlan(chain, row, row.purpose, from.address, ours));
  if (row.purpose === 'stake_deposit' || row.purpose === 'stake_top_up') return depositPlan(chain, row, from.address);
  const target = to?.address ?? row.toAddress;
  if (target === null) return refuse('transaction.without_destination', 'Nothing says where it shall go.');
  return ok({ from: from.address, to: target, value: row.amount ?? ZERO, data: '0x' });
}

function protocolPlan(
  { staking }: Chain,
  { id, pubkey, targetPubkey, amount: asked }: TransactionEntity,
  purpose: (typeof protocolRequests)[number],
  from: string,
  ours: ReadonlySet<string>,
): Promise<Result<TransactionPlan>> {
  invariant(pubkey !== null, 'transaction.without_pubkey', { id });
  switch (purpose) {
    case 'exit_request':
      return staking.exitPlan(from, pubkey);
    case 'partial_withdrawal':
      return staking.partialWithdrawalPlan(from, pubkey, asked ?? ZERO);
    case 'credentials_switch':
      return staking.switchToCompoundingPlan(from, pubkey);
    case 'consolidation':
      invariant(targetPubkey !== null, 'transaction.without_target', { id });
      return staking.consolidationPlan(from, pubkey, targetPubkey, ours);
  }
}

async function depositPlan(chain: Chain, row: TransactionEntity, from: string): Promise<Result<TransactionPlan>> {
  const { pubkey, withdrawalCredentials, signature, depositDataRoot } = depositOf(row);
  const deposit = { pubkey, withdrawalCredentials, signature, depositDataRoot, amount: amount(row.amount ?? ZERO) };
  const verified = chain.staking.verifyDeposit(deposit);
  if (!verified.ok) return verified;
  // asked again by custody itself: stake added to a key whose credentials are not exactly ours is given away
  const guarded = row.purpose === 'stake_top_up' ? await chain.staking.guardTopUp(pubkey, withdrawalCredentials, deposit.amount) : null;
  return guarded ? { ok: false, refusal: guarded } : canonical(ok(chain.staking.depositPlan(from, deposit)));
}

/** Intents are compared letter by letter: lower-case hex throughout. */
function canonical(plan: Result<TransactionPlan>): Result<TransactionPlan> {
  if (!plan.ok) return plan;
  const { from, to, value, data } = plan.value;
  return ok({ from: from.toLowerCase(), to: to.toLowerCase(), value, data: data.toLowerCase() });
}
