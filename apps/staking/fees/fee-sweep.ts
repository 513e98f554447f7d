import { machine, type Amount, type Machine } from '#kernel';

export type FeeSweepState = 'requested' | 'signed' | 'settled' | 'returned';
export type FeeSweepEvent = 'sign' | 'settle' | 'return';

/** Commission on its way from the trust's addresses to the house's. */
export const feeSweepMachine: Machine<FeeSweepState, FeeSweepEvent> = machine({
  name: 'fee_sweep',
  initial: 'requested',
  terminal: ['settled', 'returned'],
  transitions: {
    requested: { sign: 'signed', return: 'returned' },
    signed: { settle: 'settled', return: 'returned' },
    settled: {},
    returned: {},
  },
});

/** All that is owed is swept, when it is worth a transaction and wholly in our hands. */
export const sweepable = (payable: bigint, collected: bigint, minimum: Amount): boolean =>
  payable > 0n && payable >= minimum && collected >= payable;
