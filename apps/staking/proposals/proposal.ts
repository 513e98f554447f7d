import { machine, type Machine } from '#kernel';

export const proposalKinds = ['carry_loss', 'credentials_switch', 'consolidation', 'write_off'] as const;
export type ProposalKind = (typeof proposalKinds)[number];

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
