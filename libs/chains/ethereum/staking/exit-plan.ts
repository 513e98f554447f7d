import { amount, ok, refuse, type Refusal, type Result } from '#kernel';
import type { TransactionPlan } from '../../port.js';
import { addressOfCredentials } from '../deposit/credentials.js';
import type { Network } from '../node/network.js';
import { WITHDRAWAL_REQUESTS } from '../profiles.js';
import { encodeExitCall } from './exit-call.js';
import { headState, readPendingPartials, readValidators } from './state.js';

/**
 * A full exit by EIP-7002. The consensus layer drops a request it does not like without a word, and the fee is gone: so all it will
 * look at is looked at first (electra/beacon-chain.md, process_withdrawal_request). Refusals: `exit.not_active`,
 * `exit.already_exiting`, `exit.wrong_sender`, `exit.too_young`, `exit.partial_pending`, `exit.fee_too_high`.
 */
export async function planExit(network: Network, from: string, pubkey: string): Promise<Result<TransactionPlan>> {
  const refusal = await reasonAgainst(network, from, pubkey);
  if (refusal) return { ok: false, refusal };
  const fee = await readExitFee(network);
  if (fee > network.profile.maxExitFee) {
    return refuse('exit.fee_too_high', 'The queue of exit requests is congested: its fee is above our limit.', {
      fee: fee.toString(),
      limit: network.profile.maxExitFee.toString(),
    });
  }
  return ok({ from, to: WITHDRAWAL_REQUESTS, value: amount(fee), data: encodeExitCall(pubkey) });
}

async function reasonAgainst(network: Network, from: string, pubkey: string): Promise<Refusal | null> {
  const facts = await network.facts();
  const state = await headState(network);
  const [[validator], partials] = await Promise.all([readValidators(network, state, [pubkey]), readPendingPartials(network, state)]);
  const say = (code: string, detail: string, more: Record<string, unknown> = {}): Refusal =>
    refuse(code, detail, { pubkey, ...more }).refusal;
  if (!validator || validator.status === 'pending') return say('exit.not_active', 'The validator is not active.');
  if (validator.status !== 'active')
    return say('exit.already_exiting', 'The validator is leaving or has left.', { status: validator.status });
  if (addressOfCredentials(validator.withdrawalCredentials) !== from) {
    return say('exit.wrong_sender', 'Only the address in the withdrawal credentials may ask for an exit.', { from });
  }
  const age = state.slot / facts.slotsPerEpoch - (validator.activationEpoch ?? 0n);
  if (age < facts.shardCommitteePeriod) {
    return say('exit.too_young', 'The validator has not been active long enough to leave.', {
      epochs: age.toString(),
      required: facts.shardCommitteePeriod.toString(),
    });
  }
  if (partials.some((partial) => partial.validatorIndex === validator.index)) {
    return say('exit.partial_pending', 'A partial withdrawal of this validator is still waiting.');
  }
  return null;
}

/** The fee of the moment in wei: the predeploy answers an empty call with it. */
async function readExitFee(network: Network): Promise<bigint> {
  const answer = await network.execution.call('eth_call', [{ to: WITHDRAWAL_REQUESTS }, 'latest']);
  return BigInt(answer.hex(32));
}
