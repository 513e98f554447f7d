import { refuse, type Refusal } from '#kernel';
import { addressOfCredentials } from '../deposit/credentials.js';
import type { NetworkFacts } from '../node/network-facts.js';
import type { StateRef, ValidatorRecord } from '../staking/state.js';

/**
 * What process_withdrawal_request looks at before it looks at the amount. It drops what it does not like without a word, and the fee is
 * gone: so it is looked at first. Refusals: `exit.not_active`, `exit.already_exiting`, `exit.wrong_sender`, `exit.too_young`.
 */
export function reasonToStay(facts: NetworkFacts, state: StateRef, from: string, validator: ValidatorRecord | undefined): Refusal | null {
  const say = (code: string, detail: string, more: Record<string, unknown> = {}): Refusal =>
    refuse(code, detail, { ...(validator ? { pubkey: validator.pubkey } : {}), ...more }).refusal;
  if (!validator || validator.status === 'pending') return say('exit.not_active', 'The validator is not active.');
  if (validator.status !== 'active') {
    return say('exit.already_exiting', 'The validator is leaving or has left.', { status: validator.status });
  }
  if (addressOfCredentials(validator.withdrawalCredentials) !== from) {
    return say('exit.wrong_sender', 'Only the address in the withdrawal credentials may ask.', { from });
  }
  const age = ageOf(facts, state, validator);
  if (age < facts.shardCommitteePeriod) {
    return say('exit.too_young', 'The validator has not been active long enough to leave.', {
      epochs: age.toString(),
      required: facts.shardCommitteePeriod.toString(),
    });
  }
  return null;
}

/** Epochs that an active validator has been active. */
export const ageOf = (facts: NetworkFacts, state: StateRef, validator: ValidatorRecord): bigint =>
  state.slot / facts.slotsPerEpoch - (validator.activationEpoch ?? 0n);
