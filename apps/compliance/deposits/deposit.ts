/** A deposit in suspense: cleared by a rule where nothing speaks against it, else by people. */
import { type Machine, machine, ok, refuse, type Result } from '#kernel';

export const depositStates = ['under_review', 'released'] as const;
export type DepositState = (typeof depositStates)[number];
export type DepositEvent = 'release';

export const depositMachine: Machine<DepositState, DepositEvent> = machine({
  name: 'deposit',
  initial: 'under_review',
  terminal: ['released'],
  transitions: { under_review: { release: 'released' }, released: {} },
});

export const CLEARANCE_RULE = 'known-sender-within-limit@1';

export interface ClearanceFacts {
  /** Null: no standing is known, which denies. */
  readonly standing: { readonly state: string; readonly mayDeposit: boolean } | null;
  readonly senderKnown: boolean;
  readonly screening: 'no_hit' | 'hits' | 'error';
  /** Base units. */
  readonly amount: bigint;
  /** Base units; null: no limit is set for this asset, so the rule never applies. */
  readonly limit: bigint | null;
}

export const reviewReasons = [
  'standing_not_approved',
  'client_held',
  'sender_listed',
  'screening_failed',
  'sender_unknown',
  'above_limit',
  'no_limit_for_asset',
] as const;
export type ReviewReason = (typeof reviewReasons)[number];

/** Why the rule does not clear it; empty: it does. For staff only. */
export function reasonsForReview(facts: ClearanceFacts): ReviewReason[] {
  const reasons: ReviewReason[] = [];
  if (!facts.standing || facts.standing.state === 'applicant' || facts.standing.state === 'closed') reasons.push('standing_not_approved');
  else if (!facts.standing.mayDeposit) reasons.push('client_held');
  if (facts.screening === 'hits') reasons.push('sender_listed');
  if (facts.screening === 'error') reasons.push('screening_failed');
  if (!facts.senderKnown) reasons.push('sender_unknown');
  if (facts.limit === null) reasons.push('no_limit_for_asset');
  else if (facts.amount > facts.limit) reasons.push('above_limit');
  return reasons;
}

export type ReleaseRoute = 'one_officer' | 'two_people';

/**
 * How an officer may let it go now. Refusals: `deposit.standing_not_approved`, `deposit.client_held`, `deposit.screening_failed`,
 * `deposit.sender_confirmed` (returning or crediting money of a confirmed party needs a licence, which is recorded elsewhere).
 */
export function releaseRoute(
  facts: Pick<ClearanceFacts, 'standing' | 'screening'> & { readonly senderConfirmed: boolean },
): Result<ReleaseRoute> {
  const { standing } = facts;
  if (!standing || standing.state === 'applicant' || standing.state === 'closed') {
    return refuse('deposit.standing_not_approved', 'The client is not approved: the money stays in suspense.');
  }
  if (!standing.mayDeposit) return refuse('deposit.client_held', 'A hold on the client covers deposits: it has to be released first.');
  if (facts.screening === 'error') return refuse('deposit.screening_failed', 'The sender could not be screened.');
  if (facts.senderConfirmed) return refuse('deposit.sender_confirmed', 'The sender is a confirmed match.');
  return ok(facts.screening === 'hits' ? 'two_people' : 'one_officer');
}
