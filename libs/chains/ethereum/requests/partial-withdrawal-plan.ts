import { ok, refuse, type Amount, type Refusal, type Result } from '#kernel';
import type { TransactionPlan } from '../../port.js';
import { typeOfCredentials } from '../deposit/credentials.js';
import type { Network } from '../node/network.js';
import type { NetworkFacts } from '../node/network-facts.js';
import { WITHDRAWAL_REQUESTS } from '../profiles.js';
import { askedFor, readPendingPartials, type PendingPartial } from '../staking/queues.js';
import { headState, readValidators, type ValidatorRecord } from '../staking/state.js';
import { toGwei } from '../units.js';
import { reasonToStay } from './leaving.js';
import { quoteRequestFee } from './request-fee.js';
import { encodePartialWithdrawalCall } from './withdrawal-request.js';

/**
 * A partial withdrawal by EIP-7002. The protocol would pay less than asked without a word where 32 ETH would not stay: such a request is
 * refused instead. Refusals: those of an exit (but for `exit.partial_pending`: several may wait), `partial.bad_amount`,
 * `partial.not_compounding`, `partial.below_minimum`, `partial.queue_full`.
 */
export async function planPartialWithdrawal(
  network: Network,
  from: string,
  pubkey: string,
  amount: Amount,
): Promise<Result<TransactionPlan>> {
  const gwei = toGwei(amount);
  if (gwei === null || gwei === 0n || gwei >= 2n ** 64n) {
    return refuse('partial.bad_amount', 'A partial withdrawal is more than nothing, in whole Gwei.', { amount: amount.toString() });
  }
  const facts = await network.facts();
  const state = await headState(network);
  const [[validator], partials] = await Promise.all([readValidators(network, state, [pubkey]), readPendingPartials(network, state)]);
  const refusal = reasonToStay(facts, state, from, validator) ?? (validator && reasonToKeep(facts, validator, partials, amount));
  if (refusal) return { ok: false, refusal };
  const fee = await quoteRequestFee(network, WITHDRAWAL_REQUESTS, 'exit.fee_too_high');
  return fee.ok ? ok({ from, to: WITHDRAWAL_REQUESTS, value: fee.value, data: encodePartialWithdrawalCall(pubkey, amount) }) : fee;
}

function reasonToKeep(
  facts: NetworkFacts,
  validator: ValidatorRecord,
  partials: readonly PendingPartial[],
  amount: Amount,
): Refusal | null {
  const { pubkey } = validator;
  if (typeOfCredentials(validator.withdrawalCredentials) !== 'compounding') {
    return refuse('partial.not_compounding', 'Only a compounding validator (0x02) pays out parts of its balance.', { pubkey }).refusal;
  }
  const asked = askedFor(partials, validator.index);
  const stays = validator.balance - asked - amount;
  if (validator.effectiveBalance < facts.activationBalance || stays < facts.activationBalance) {
    return refuse('partial.below_minimum', 'The activation balance must stay, beyond what was asked for already.', {
      pubkey,
      balance: validator.balance.toString(),
      asked: asked.toString(),
      minimum: facts.activationBalance.toString(),
    }).refusal;
  }
  if (BigInt(partials.length) >= facts.queueLimits.partials) {
    return refuse('partial.queue_full', "The protocol's queue of partial withdrawals is full: it would drop the request.").refusal;
  }
  return null;
}
