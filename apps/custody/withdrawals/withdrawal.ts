import { amount, machine, move, ok, refuse, type Amount, type Result } from '#kernel';

/** A client's withdrawal. The money is reserved from `accepted` on; `returned` gives it back, whole. */
export const withdrawalMachine = machine({
  name: 'withdrawal',
  initial: 'accepted',
  terminal: ['settled', 'returned'],
  transitions: {
    accepted: { sign: 'signed', return: 'returned' },
    signed: { broadcast: 'broadcast', include: 'included', settle: 'settled', return: 'returned' },
    broadcast: { include: 'included', settle: 'settled', return: 'returned' },
    included: { displace: 'broadcast', settle: 'settled', return: 'returned' },
    settled: {},
    returned: {},
  },
} as const);

export type WithdrawalState = keyof typeof withdrawalMachine.transitions;
export type WithdrawalEvent = 'sign' | 'broadcast' | 'include' | 'displace' | 'settle' | 'return';

export const moveWithdrawal = (state: WithdrawalState, event: WithdrawalEvent): Result<WithdrawalState> =>
  move<WithdrawalState, WithdrawalEvent>(withdrawalMachine, state, event);

/** How much leaves: the asked amount, or all that is available. Refusals: withdrawal.below_minimum, withdrawal.insufficient_balance. */
export function decideAmount(asked: Amount | 'max', available: bigint, minimum: bigint): Result<Amount> {
  const wanted = asked === 'max' ? available : asked;
  if (wanted < minimum || wanted === 0n)
    return refuse('withdrawal.below_minimum', 'The amount is below the smallest withdrawal.', { minimum_atomic: minimum.toString() });
  if (wanted > available)
    return refuse('withdrawal.insufficient_balance', 'The available balance is smaller than the amount.', {
      available_atomic: available.toString(),
    });
  return ok(amount(wanted));
}
