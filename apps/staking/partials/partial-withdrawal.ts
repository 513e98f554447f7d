import { amount, larger, machine, smaller, type Amount, type Machine } from '#kernel';

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

const GWEI = 10n ** 9n;
/** What must stay in a validator that lives on (EIP-7251: MIN_ACTIVATION_BALANCE). */
const LEAST = 32n * 10n ** 18n;

export interface Source {
  readonly pubkey: string;
  readonly principal: Amount;
  readonly booked: Amount;
}

/** Rewards in a compounding validator, whole Gwei; zero while they are not worth a request. */
export function rewardToAsk({ principal, booked }: Source, minimum: bigint): Amount {
  const above = booked - larger<bigint>(principal, LEAST);
  return amount(above >= minimum && above > 0n ? above - (above % GWEI) : 0n);
}

/** Spreads what leavers need over what validators have above 32 ETH, in their order; what is left over takes whole validators. */
export function askOf(sources: readonly Source[], needed: bigint): { readonly pubkey: string; readonly amount: Amount }[] {
  const asked: { pubkey: string; amount: Amount }[] = [];
  let open = needed;
  for (const { pubkey, principal, booked } of sources) {
    if (open <= 0n) break;
    const above = smaller<bigint>(principal, booked) - LEAST;
    const there = above - (above % GWEI);
    const units = smaller(there, open + ((GWEI - (open % GWEI)) % GWEI));
    if (units <= 0n) continue;
    asked.push({ pubkey, amount: amount(units) });
    open -= units;
  }
  return asked;
}
