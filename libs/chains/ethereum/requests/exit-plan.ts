import { ok, refuse, type Result } from '#kernel';
import type { TransactionPlan } from '../../port.js';
import type { Network } from '../node/network.js';
import { WITHDRAWAL_REQUESTS } from '../profiles.js';
import { readPendingPartials } from '../staking/queues.js';
import { headState, readValidators } from '../staking/state.js';
import { reasonToStay } from './leaving.js';
import { quoteRequestFee } from './request-fee.js';
import { encodeExitCall } from './withdrawal-request.js';

/**
 * A full exit by EIP-7002 (electra/beacon-chain.md, process_withdrawal_request). Refusals: `exit.not_active`, `exit.already_exiting`,
 * `exit.wrong_sender`, `exit.too_young`, `exit.partial_pending`, `exit.fee_too_high`.
 */
export async function planExit(network: Network, from: string, pubkey: string): Promise<Result<TransactionPlan>> {
  const facts = await network.facts();
  const state = await headState(network);
  const [[validator], partials] = await Promise.all([readValidators(network, state, [pubkey]), readPendingPartials(network, state)]);
  const refusal = reasonToStay(facts, state, from, validator);
  if (refusal) return { ok: false, refusal };
  if (partials.some((partial) => partial.validatorIndex === validator?.index)) {
    return refuse('exit.partial_pending', 'A partial withdrawal of this validator is still waiting.', { pubkey });
  }
  const fee = await quoteRequestFee(network, WITHDRAWAL_REQUESTS, 'exit.fee_too_high');
  return fee.ok ? ok({ from, to: WITHDRAWAL_REQUESTS, value: fee.value, data: encodeExitCall(pubkey) }) : fee;
}
