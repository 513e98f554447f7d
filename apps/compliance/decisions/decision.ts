/**
 * Four eyes. One person proposes, another approves or denies; the approval is bound to what was proposed (action, resource and the hash
 * of the payload), is used once and expires.
 */
import { type Machine, machine, ok, refuse, type Result } from '#kernel';

export const decisionStates = ['requested', 'approved', 'denied', 'expired', 'executed'] as const;
export type DecisionState = (typeof decisionStates)[number];
export type DecisionEvent = 'approve' | 'deny' | 'expire' | 'execute';

export const decisionMachine: Machine<DecisionState, DecisionEvent> = machine({
  name: 'approval',
  initial: 'requested',
  terminal: ['denied', 'expired', 'executed'],
  transitions: {
    requested: { approve: 'approved', deny: 'denied', expire: 'expired' },
    approved: { execute: 'executed' },
    denied: {},
    expired: {},
    executed: {},
  },
});

export const reviewerRoles = ['officer', 'senior_officer', 'mlro'] as const;
export type ReviewerRole = (typeof reviewerRoles)[number];

export const decisionActions = ['application.decide', 'match.resolve', 'deposit.release', 'hold.release', 'standing.close'] as const;
export type DecisionActionName = (typeof decisionActions)[number];

/** Who may check what. Letting listed or held money move, or ending a relationship, needs seniority. */
export const checkerRoles: Readonly<Record<DecisionActionName, readonly ReviewerRole[]>> = {
  'application.decide': reviewerRoles,
  'match.resolve': reviewerRoles,
  'deposit.release': ['senior_officer', 'mlro'],
  'hold.release': ['senior_officer', 'mlro'],
  'standing.close': ['senior_officer', 'mlro'],
};

export interface Officer {
  readonly staffId: string;
  readonly roles: readonly string[];
}

export interface DecisionFacts {
  readonly action: DecisionActionName;
  readonly state: DecisionState;
  readonly makerId: string;
  readonly payloadHash: string;
  readonly expiresAt: Date;
}

/**
 * May this person approve or deny it now? Refusals: `approval.forbidden_move` (answered or used already), `approval.expired`,
 * `approval.maker_is_checker`, `approval.role_not_allowed`.
 */
export function mayCheck(decision: DecisionFacts, checker: Officer, now: Date): Result<void> {
  if (decision.state !== 'requested') {
    return refuse('approval.forbidden_move', `This decision is ${decision.state} already.`, { state: decision.state });
  }
  if (now >= decision.expiresAt) return refuse('approval.expired', 'This decision waited too long: it has to be proposed again.');
  if (checker.staffId === decision.makerId) {
    return refuse('approval.maker_is_checker', 'Who proposed a decision can neither approve nor deny it.');
  }
  const allowed = checkerRoles[decision.action];
  if (!allowed.some((role) => checker.roles.includes(role))) {
    return refuse('approval.role_not_allowed', 'Your role may not check this kind of decision.', { allowed });
  }
  return ok(undefined);
}

/** An approval holds for the payload that was proposed. `presentHash`: of the payload rebuilt from the state of things now. */
export const isBound = (decision: Pick<DecisionFacts, 'payloadHash'>, presentHash: string, seenHash?: string): Result<void> =>
  presentHash !== decision.payloadHash || (seenHash !== undefined && seenHash !== decision.payloadHash)
    ? refuse('approval.payload_changed', 'What was proposed is not what stands there now: it has to be proposed again.')
    : ok(undefined);
