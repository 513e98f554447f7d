import type { Answer } from './answer.js';
import { fromGwei } from '../units.js';

/** How much stake may enter and leave in an epoch (wei), given all active stake. A strategy by fork, from the node's configuration. */
export interface ChurnRules {
  /** The fork whose rules hold at an epoch. */
  fork(epoch: bigint): string;
  entry(epoch: bigint, activeStake: bigint): bigint;
  exit(epoch: bigint, activeStake: bigint): bigint;
  /** What is left for consolidations; at 32 ETH or less the protocol ignores every request (EIP-7251). */
  consolidation(epoch: bigint, activeStake: bigint): bigint;
}

/**
 * Electra: entries and exits share min(MAX_PER_EPOCH_ACTIVATION_EXIT_CHURN_LIMIT, max(floor, stake / CHURN_LIMIT_QUOTIENT)).
 * Consolidations get what max(floor, stake / quotient) leaves above the cap.
 * Gloas (EIP-8061): each has its own, by CHURN_LIMIT_QUOTIENT_GLOAS; entries are capped, exits are not; consolidations by a quotient of their own. A node that knows the fork names
 * its constants before the fork is live, so the epoch decides. Source: consensus-specs electra/beacon-chain.md, gloas/beacon-chain.md.
 */
export function readChurnRules(spec: Answer): ChurnRules {
  const money = (name: string): bigint => fromGwei(spec.field(name).decimal());
  const increment = money('EFFECTIVE_BALANCE_INCREMENT');
  const floor = money('MIN_PER_EPOCH_CHURN_LIMIT_ELECTRA');
  const limit = (stake: bigint, quotient: bigint, cap: bigint | null): bigint => {
    const share = stake / quotient > floor ? stake / quotient : floor;
    const whole = share - (share % increment);
    return cap !== null && cap < whole ? cap : whole;
  };

  const sharedQuotient = divisor(spec.field('CHURN_LIMIT_QUOTIENT'));
  const sharedCap = money('MAX_PER_EPOCH_ACTIVATION_EXIT_CHURN_LIMIT');
  const shared = (_epoch: bigint, stake: bigint): bigint => limit(stake, sharedQuotient, sharedCap);
  const rest = (epoch: bigint, stake: bigint): bigint => limit(stake, sharedQuotient, null) - shared(epoch, stake);
  if (!spec.field('CHURN_LIMIT_QUOTIENT_GLOAS').present) {
    return { fork: () => 'electra', entry: shared, exit: shared, consolidation: rest };
  }

  const ownQuotient = divisor(spec.field('CHURN_LIMIT_QUOTIENT_GLOAS'));
  const entryCap = money('MAX_PER_EPOCH_ACTIVATION_CHURN_LIMIT_GLOAS');
  const consolidationQuotient = divisor(spec.field('CONSOLIDATION_CHURN_LIMIT_QUOTIENT'));
  const ownConsolidation = (stake: bigint): bigint => stake / consolidationQuotient - ((stake / consolidationQuotient) % increment);
  const since = spec.field('GLOAS_FORK_EPOCH').decimal();
  return {
    fork: (epoch) => (epoch < since ? 'electra' : 'gloas'),
    entry: (epoch, stake) => (epoch < since ? shared(epoch, stake) : limit(stake, ownQuotient, entryCap)),
    exit: (epoch, stake) => (epoch < since ? shared(epoch, stake) : limit(stake, ownQuotient, null)),
    consolidation: (epoch, stake) => (epoch < since ? rest(epoch, stake) : ownConsolidation(stake)),
  };
}

function divisor(field: Answer): bigint {
  const value = field.decimal();
  if (value === 0n) throw field.garbage('a number above zero');
  return value;
}
