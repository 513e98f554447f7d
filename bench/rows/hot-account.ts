import { post } from '#ledger';
import { sideBySide } from '../clients.js';
import type { BenchRow } from '../row.js';
import { ledgerWorld } from './ledger-world.js';

/** Batches of 1,000 in which every item meets one account, against batches of random pairs: the batch writes the hot row once. */
export const hotAccount: BenchRow = {
  name: 'one account in every item, batch 1000 / random batch 1000',
  unit: 'transfers',
  target: 1,
  gate: 'rate',
  async prepare(bench) {
    const world = await ledgerWorld(bench);
    const hot = world.randomWallet();
    const batch = (wallet: typeof world.randomWallet) => async (): Promise<number> => {
      const postings = Array.from({ length: 1_000 }, () => world.deposit(wallet()));
      return (await world.custody.run((em) => post(em, postings))).length;
    };
    return {
      ours: sideBySide(
        [1, 2],
        batch(() => hot),
      ),
      floor: sideBySide([1, 2], batch(world.randomWallet)),
      done: () => Promise.resolve(),
    };
  },
};
