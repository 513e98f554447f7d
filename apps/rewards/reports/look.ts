import type { Checkpoint, RewardPeriod, StakingAdapter, StakingNetwork, ValidatorReward } from '#chains';
import { Fault, ZERO } from '#kernel';
import { ALONE, compare, type Confirmation } from './confirmation.js';
import { isLoss } from './limits.js';
import { addsUp, isQuiet, type Period } from './report.js';

/** What was seen of a period: validators of which there is something to tell, and how many sources say so. */
export interface Seen {
  readonly period: Period;
  readonly checkpoint: Checkpoint;
  readonly network: StakingNetwork;
  readonly observed: readonly ValidatorReward[];
  readonly confirmation: Confirmation;
}

/**
 * Asks the chain for a period. A loss, and whatever the nodes contradict each other about, is asked of each source by itself, at the same
 * finalised checkpoint. Fault `report.observation_unsound`, not retryable: an answer that is not what was asked, or does not add up.
 */
export async function lookAt(staking: StakingAdapter, period: Period, checkpoint: Checkpoint, maxFallBps: number): Promise<Seen> {
  const network = await staking.network();
  const asked = period.validators;
  let answer: readonly ValidatorReward[] | null = await agreedOn(staking, asked, checkpoint);
  let confirmation = ALONE;
  if (answer === null || isLoss(answer, { priorityFees: ZERO, mev: ZERO }, maxFallBps)) {
    const sources = await staking.rewardsBySource(asked, checkpoint);
    sources.forEach((source) => checkAnswer(period, source));
    confirmation = compare(sources);
    answer = sources[0] ?? [];
  }
  checkAnswer(period, answer);
  return { ...withoutQuiet(period, answer), checkpoint, network, confirmation };
}

/** null: the sources contradict each other of something final. */
async function agreedOn(
  staking: StakingAdapter,
  asked: readonly RewardPeriod[],
  to: Checkpoint,
): Promise<readonly ValidatorReward[] | null> {
  try {
    return await staking.rewards(asked, to);
  } catch (error) {
    if (error instanceof Fault && error.code === 'chain.contradiction') return null;
    throw error;
  }
}

function withoutQuiet(period: Period, observed: readonly ValidatorReward[]): Pick<Seen, 'period' | 'observed'> {
  const pairs = period.validators.flatMap((validator, i) => {
    const seen = observed[i];
    return seen && !isQuiet(validator, seen) ? [{ validator, seen }] : [];
  });
  return { period: { ...period, validators: pairs.map((pair) => pair.validator) }, observed: pairs.map((pair) => pair.seen) };
}

/** An adapter answers what it was asked, in that order, and its figures add up: nobody unknown, nobody left out. */
function checkAnswer(period: Period, observed: readonly ValidatorReward[]): void {
  const wrong = period.validators.findIndex((asked, i) => {
    const o = observed[i];
    return !(o?.pubkey === asked.pubkey && o.opening === asked.opening && addsUp(o) && (!o.emptied || o.closing === 0n));
  });
  if (wrong < 0 && observed.length === period.validators.length) return;
  throw new Fault('report.observation_unsound', 'The observation of a validator is not what was asked for, or does not add up.', false, {
    facts: { pubkey: period.validators[wrong]?.pubkey ?? null, asked: period.validators.length, got: observed.length },
  });
}
