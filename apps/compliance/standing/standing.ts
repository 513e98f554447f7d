/**
 * What a client may do. A function of two things only: how far the relationship has come, and what is held. Nobody sets a permission by
 * hand, so that no path can grant what the other forbids.
 */
import { type Machine, machine, move, ok, refuse, type Result } from '#kernel';

export const holdScopeNames = ['deposit', 'stake', 'unstake', 'withdraw', 'payout'] as const;
export type HoldScopeName = (typeof holdScopeNames)[number];

/** How far the relationship has come. */
export type Relationship = 'applicant' | 'approved' | 'closed';
export type StandingState = Relationship | 'restricted';
export type ClientClass = 'retail' | 'professional' | 'corporate' | 'institutional';

export interface Standing {
  readonly clientId: string;
  /** Rises by one with each change that others can see. */
  readonly version: number;
  readonly relationship: Relationship;
  readonly state: StandingState;
  readonly mayDeposit: boolean;
  readonly mayStake: boolean;
  readonly mayUnstake: boolean;
  readonly mayWithdraw: boolean;
  readonly clientClass: ClientClass;
}

export type RelationshipEvent = 'approve' | 'close';

export const relationshipMachine: Machine<Relationship, RelationshipEvent> = machine({
  name: 'standing',
  initial: 'applicant',
  terminal: ['closed'],
  transitions: {
    applicant: { approve: 'approved', close: 'closed' },
    approved: { close: 'closed' },
    closed: {},
  },
});

const derive = (relationship: Relationship, held: ReadonlySet<HoldScopeName>) => {
  const may = (scope: HoldScopeName): boolean => relationship === 'approved' && !held.has(scope);
  return {
    state: relationship === 'approved' && held.size > 0 ? ('restricted' as const) : relationship,
    mayDeposit: may('deposit'),
    mayStake: may('stake'),
    mayUnstake: may('unstake'),
    mayWithdraw: may('withdraw'),
  };
};

/** A new client's standing: everything denied. */
export const opened = (clientId: string): Standing => ({
  clientId,
  version: 1,
  relationship: 'applicant',
  clientClass: 'retail',
  ...derive('applicant', new Set()),
});

export type StandingEvent = RelationshipEvent | 'holds_changed';

/** The standing after an event, given what is held then. The version rises only where something that others can see has changed. */
export function decide(standing: Standing, event: StandingEvent, held: readonly HoldScopeName[]): Result<Standing> {
  const next = event === 'holds_changed' ? ok(standing.relationship) : move(relationshipMachine, standing.relationship, event);
  if (!next.ok) return next;
  const after = { ...standing, relationship: next.value, ...derive(next.value, new Set(held)) };
  return ok(sameView(standing, after) ? standing : { ...after, version: standing.version + 1 });
}

const sameView = (a: Standing, b: Standing): boolean =>
  a.relationship === b.relationship &&
  a.state === b.state &&
  a.mayDeposit === b.mayDeposit &&
  a.mayStake === b.mayStake &&
  a.mayUnstake === b.mayUnstake &&
  a.mayWithdraw === b.mayWithdraw;

/** A relationship ends only when nothing of the client's is left with us. Refusal: `standing.not_empty`. */
export const mayClose = (balances: readonly { readonly balance: bigint }[]): Result<void> =>
  balances.some(({ balance }) => balance !== 0n)
    ? refuse('standing.not_empty', 'The client still owns something here: it has to leave before the relationship closes.')
    : ok(undefined);
