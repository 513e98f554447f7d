import { ok, refuse, type Refusal, type Result } from '#kernel';
import type { TransactionPlan } from '../../port.js';
import { addressOfCredentials, typeOfCredentials } from '../deposit/credentials.js';
import type { Network } from '../node/network.js';
import type { NetworkFacts } from '../node/network-facts.js';
import { CONSOLIDATION_REQUESTS } from '../profiles.js';
import { readActiveStake } from '../staking/active-stake.js';
import { askedFor, readPendingConsolidations, readPendingDeposits, readPendingPartials } from '../staking/queues.js';
import { headState, readValidators, type StateRef, type ValidatorRecord } from '../staking/state.js';
import { encodeConsolidationCall } from './consolidation-request.js';
import { ageOf } from './leaving.js';
import { quoteRequestFee } from './request-fee.js';

const say = (code: string, detail: string, facts: Record<string, unknown> = {}): Refusal =>
  refuse(`consolidation.${code}`, detail, facts).refusal;

/**
 * Moves all that counts of `source` into `target` (EIP-7251). The protocol never asks whose the target is, and drops what it does not
 * like without a word (process_consolidation_request): all it will look at is looked at first, and the target must be among `ours`.
 * Refusals: see the port.
 */
export async function planConsolidation(
  network: Network,
  from: string,
  source: string,
  target: string,
  ours: ReadonlySet<string>,
): Promise<Result<TransactionPlan>> {
  if (source === target) return no(say('same_key', 'Source and target are one key: that would switch its credentials.', { source }));
  if (!ours.has(target)) return no(say('target_not_ours', 'The target is not a validator of ours: the money would be gone.', { target }));
  const facts = await network.facts();
  const state = await headState(network);
  const records = await readValidators(network, state, [source, target]);
  const [giving, taking] = [source, target].map((pubkey) => records.find((record) => record.pubkey === pubkey));
  const refusal =
    reasonAgainstTarget(target, taking) ??
    (await reasonAgainstSource(network, state, from, source, giving)) ??
    (giving && taking ? await reasonAgainstBoth(network, facts, state, giving, taking) : null);
  if (refusal) return no(refusal);
  const fee = await quoteRequestFee(network, CONSOLIDATION_REQUESTS, 'consolidation.fee_too_high');
  return fee.ok ? ok({ from, to: CONSOLIDATION_REQUESTS, value: fee.value, data: encodeConsolidationCall(source, target) }) : fee;
}

function reasonAgainstTarget(pubkey: string, target: ValidatorRecord | undefined): Refusal | null {
  if (target?.status !== 'active') return say('not_active', 'The target is not active, or is leaving.', { pubkey });
  if (typeOfCredentials(target.withdrawalCredentials) !== 'compounding') {
    return say('target_not_compounding', 'Only a compounding validator (0x02) can take the money of another.', { pubkey });
  }
  return null;
}

async function reasonAgainstSource(
  network: Network,
  state: StateRef,
  from: string,
  pubkey: string,
  source: ValidatorRecord | undefined,
): Promise<Refusal | null> {
  const facts = await network.facts();
  if (source?.status !== 'active') return say('not_active', 'The source is not active, or is leaving.', { pubkey });
  if (addressOfCredentials(source.withdrawalCredentials) !== from) {
    return say('wrong_sender', "Only the address in the source's credentials may ask.", { pubkey, from });
  }
  if (ageOf(facts, state, source) < facts.shardCommitteePeriod) {
    return say('too_young', 'The source has not been active long enough to leave.', { pubkey });
  }
  if (askedFor(await readPendingPartials(network, state), source.index) > 0n) {
    return say('partial_pending', 'A partial withdrawal of the source is still waiting.', { pubkey });
  }
  return null;
}

async function reasonAgainstBoth(
  network: Network,
  facts: NetworkFacts,
  state: StateRef,
  source: ValidatorRecord,
  target: ValidatorRecord,
): Promise<Refusal | null> {
  const [pending, deposits, stake] = await Promise.all([
    readPendingConsolidations(network, state),
    readPendingDeposits(network, state),
    readActiveStake(network, facts, state),
  ]);
  const churn = facts.churn.consolidation(state.slot / facts.slotsPerEpoch, stake.wei);
  if (churn <= facts.activationBalance || BigInt(pending.length) >= facts.queueLimits.consolidations) {
    return say('no_churn', 'The protocol takes no consolidations now: it would drop the request.', { churn: churn.toString() });
  }
  const coming = pending.filter((entry) => entry.targetIndex === target.index).map((entry) => entry.sourceIndex.toString());
  const sources = coming.length === 0 ? [] : await readValidators(network, state, coming);
  const queued = deposits.filter((entry) => entry.pubkey === target.pubkey).reduce((sum, entry) => sum + entry.amount, 0n);
  const after = sources.reduce((sum, each) => sum + each.effectiveBalance, target.balance + queued + source.effectiveBalance);
  if (after > facts.maxEffectiveBalance) {
    return say('over_maximum', 'The target would hold more than counts: the rest would earn nothing and be paid out.', {
      after: after.toString(),
      maximum: facts.maxEffectiveBalance.toString(),
    });
  }
  return null;
}

const no = (refusal: Refusal): Result<never> => ({ ok: false, refusal });
