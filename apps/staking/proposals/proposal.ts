import { machine, type Machine } from '#kernel';

/** Those that move a pool's stake or its losses; what they need are fields of the body. */
export const poolProposalKinds = ['carry_loss', 'credentials_switch', 'consolidation', 'write_off'] as const;
export type PoolProposalKind = (typeof poolProposalKinds)[number];

/** Those that a feature registers an action for; what they need are their terms. */
export const termsProposalKinds = [
  'fee_schedule',
  'client_tier',
  'dedicated_pool',
  'instant_terms',
  'bunker_enter',
  'bunker_leave',
  'recovery',
  'operator',
  'assessment',
  'caps',
  'redelegation',
] as const;
export type TermsProposalKind = (typeof termsProposalKinds)[number];

export const proposalKinds = [...poolProposalKinds, ...termsProposalKinds] as const;
export type ProposalKind = (typeof proposalKinds)[number];
export const isPoolKind = (kind: ProposalKind): kind is PoolProposalKind => poolProposalKinds.some((known) => known === kind);

/** Who may decide a proposal that somebody else made: what falls on clients is for compliance officers. */
export const decidersOf = (kind: ProposalKind): readonly ('treasury' | 'officer' | 'senior_officer')[] =>
  kind === 'credentials_switch' || kind === 'consolidation' ? ['treasury', 'officer', 'senior_officer'] : ['officer', 'senior_officer'];

export type ProposalState = 'proposed' | 'rejected' | 'approved' | 'signed' | 'sent' | 'done' | 'failed';
export type ProposalEvent = 'approve' | 'reject' | 'complete' | 'sign' | 'send' | 'finalise' | 'fail';

/**
 * What takes two people. The second one approves or rejects what the first has seen a dry run of; what needs a transaction then goes its
 * way. `sent`: a merger is final on chain, and the consensus layer has not been seen to heed it yet; it may drop it in silence.
 */
export const proposalMachine: Machine<ProposalState, ProposalEvent> = machine({
  name: 'proposal',
  initial: 'proposed',
  terminal: ['rejected', 'done', 'failed'],
  transitions: {
    proposed: { approve: 'approved', reject: 'rejected' },
    approved: { complete: 'done', sign: 'signed', fail: 'failed' },
    signed: { send: 'sent', finalise: 'done', fail: 'failed' },
    sent: { finalise: 'done', fail: 'failed' },
    rejected: {},
    done: {},
    failed: {},
  },
});
