import { machine, type Machine } from '#kernel';

export type PartialState = 'requested' | 'signed' | 'sent' | 'paid' | 'refused';
export type PartialEvent = 'sign' | 'send' | 'pay' | 'refuse' | 'drop';

/**
 * Money asked of a compounding validator that lives on (EIP-7002). principal: leavers are paid from it. reward: what it earned, for payouts.
 * One at a time a validator, so that what comes is never ambiguous. Refused, reverted or dropped by the protocol in silence, it is over, and
 * the next look decides anew.
 */
export const partialMachine: Machine<PartialState, PartialEvent> = machine({
  name: 'partial_withdrawal',
  initial: 'requested',
  terminal: ['paid', 'refused'],
  transitions: {
    requested: { sign: 'signed', refuse: 'refused' },
    signed: { send: 'sent', refuse: 'refused' },
    sent: { pay: 'paid', drop: 'refused' },
    paid: {},
    refused: {},
  },
});

export const partialPurposes = ['principal', 'reward'] as const;
export type PartialPurpose = (typeof partialPurposes)[number];
