import { ok, refuse, type Refusal, type Result } from '#kernel';
import type { TransactionPlan } from '../../port.js';
import { addressOfCredentials, typeOfCredentials } from '../deposit/credentials.js';
import type { Network } from '../node/network.js';
import { CONSOLIDATION_REQUESTS } from '../profiles.js';
import { headState, readValidators, type ValidatorRecord } from '../staking/state.js';
import { encodeConsolidationCall } from './consolidation-request.js';
import { quoteRequestFee } from './request-fee.js';

/**
 * An 0x01 validator becomes compounding: EIP-7251 with source = target (is_valid_switch_to_compounding_request). What it holds above
 * 32 ETH goes back through the deposit queue. Refusals: `consolidation.not_active`, `consolidation.wrong_sender`,
 * `credentials.already_compounding`, `consolidation.fee_too_high`.
 */
export async function planSwitchToCompounding(network: Network, from: string, pubkey: string): Promise<Result<TransactionPlan>> {
  await network.facts();
  const [validator] = await readValidators(network, await headState(network), [pubkey]);
  const refusal = reasonAgainst(from, pubkey, validator);
  if (refusal) return { ok: false, refusal };
  const fee = await quoteRequestFee(network, CONSOLIDATION_REQUESTS, 'consolidation.fee_too_high');
  return fee.ok ? ok({ from, to: CONSOLIDATION_REQUESTS, value: fee.value, data: encodeConsolidationCall(pubkey, pubkey) }) : fee;
}

function reasonAgainst(from: string, pubkey: string, validator: ValidatorRecord | undefined): Refusal | null {
  if (validator?.status !== 'active') {
    return refuse('consolidation.not_active', 'The validator is not active, or is leaving.', { pubkey }).refusal;
  }
  if (typeOfCredentials(validator.withdrawalCredentials) === 'compounding') {
    return refuse('credentials.already_compounding', 'The validator is compounding already.', { pubkey }).refusal;
  }
  if (addressOfCredentials(validator.withdrawalCredentials) !== from) {
    return refuse('consolidation.wrong_sender', 'Only the address in the credentials may ask.', { pubkey, from }).refusal;
  }
  return null;
}
