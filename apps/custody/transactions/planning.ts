import type { Chain, TransactionPlan } from '#chains';
import { amount, invariant, ok, refuse, ZERO, type Refusal, type Result } from '#kernel';
import type { WalletEntity } from '../wallets/wallet.entity.js';
import type { TransactionEntity } from './transaction.entity.js';

/** Refusals of an exit that pass by themselves: the request waits. */
const passing = new Set(['exit.too_young', 'exit.fee_too_high']);
export const mayPass = (refusal: Refusal): boolean => passing.has(refusal.code);

/** Deposits have one size on this chain's staking product; the signer signed it into the deposit message. */
export const depositOf = (
  row: TransactionEntity,
): { pubkey: string; withdrawalCredentials: string; signature: string; depositDataRoot: string } => {
  invariant(row.deposit !== null, 'transaction.without_deposit', { id: row.id });
  return row.deposit;
};

/**
 * What the transaction shall do on chain. May ask the chain (an exit request's fee is the fee of the moment). A sweep's value is not known
 * yet: it is what the address can spare when it is built. Refusals: exit.*, deposit.*.
 */
export async function planFor(
  chain: Chain,
  row: TransactionEntity,
  from: WalletEntity,
  to: WalletEntity | null,
): Promise<Result<TransactionPlan>> {
  if (row.purpose === 'exit_request') {
    invariant(row.pubkey !== null, 'transaction.without_pubkey', { id: row.id });
    return canonical(await chain.staking.exitPlan(from.address, row.pubkey));
  }
  const value = row.amount ?? ZERO;
  if (row.purpose === 'stake_deposit') {
    const { pubkey, withdrawalCredentials, signature, depositDataRoot } = depositOf(row);
    const deposit = { pubkey, withdrawalCredentials, signature, depositDataRoot, amount: amount(value) };
    const verified = chain.staking.verifyDeposit(deposit);
    return verified.ok ? canonical(ok(chain.staking.depositPlan(from.address, deposit))) : verified;
  }
  const target = to?.address ?? row.toAddress;
  if (target === null) return refuse('transaction.without_destination', 'Nothing says where it shall go.');
  return ok({ from: from.address, to: target, value, data: '0x' });
}

/** Intents are compared letter by letter: lower-case hex throughout. */
function canonical(plan: Result<TransactionPlan>): Result<TransactionPlan> {
  if (!plan.ok) return plan;
  const { from, to, value, data } = plan.value;
  return ok({ from: from.toLowerCase(), to: to.toLowerCase(), value, data: data.toLowerCase() });
}
