import { post } from '#ledger';
import { sideBySide } from '../clients.js';
import type { BenchRow } from '../row.js';
import { ledgerWorld, TOO_MUCH } from './ledger-world.js';

/** A batch in which 5 of 100 overdraw, against one in which none does: a refusal must not cost its neighbours. */
export const refusals: BenchRow = {
  name: 'batch with 5 % refusals / batch without',
  unit: 'transfers',
  target: 0.9,
  gate: 'rate',
  async prepare(bench) {
    const world = await ledgerWorld(bench);
    const batch = (refused: number) => async (): Promise<number> => {
      const postings = Array.from({ length: 100 }, (_, index) => world.reserve(index % 20 === 7 && refused > 0 ? TOO_MUCH : 1n));
      return (await world.staking.run((em) => post(em, postings))).length;
    };
    return { ours: sideBySide([1, 2, 3, 4], batch(5)), floor: sideBySide([1, 2, 3, 4], batch(0)), done: () => Promise.resolve() };
  },
};
