/** A hold on a client: one person places it at once, two lift it. The ledger enforces it; this is its register. */
import { type Machine, machine } from '#kernel';

export const holdStates = ['placed', 'release_proposed', 'released'] as const;
export type HoldState = (typeof holdStates)[number];
export type HoldEvent = 'propose_release' | 'keep' | 'release';

export const holdMachine: Machine<HoldState, HoldEvent> = machine({
  name: 'hold',
  initial: 'placed',
  terminal: ['released'],
  transitions: {
    placed: { propose_release: 'release_proposed' },
    release_proposed: { keep: 'placed', release: 'released' },
    released: {},
  },
});
