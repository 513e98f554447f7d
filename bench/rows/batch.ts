import { post } from '#ledger';
import { sideBySide } from '../clients.js';
import type { BenchRow } from '../row.js';
import { CLIENTS, ledgerWorld } from './ledger-world.js';
import { oneCallFloor } from './one-call-floor.js';

/** Batches of 100 as a room posts them: Transactor, client library, all invariants; 4 side by side. */
export const batchOfHundred: BenchRow = {
  name: 'batch of 100 / one-call floor',
  unit: 'transfers',
  target: 2.5,
  gate: 'cpu',
  async prepare(bench) {
    const world = await ledgerWorld(bench);
    const floor = await oneCallFloor(bench, CLIENTS * 2);
    const batch = async (): Promise<number> => {
      const postings = Array.from({ length: 100 }, () => world.reserve());
      return (await world.staking.run((em) => post(em, postings))).length;
    };
    return {
      ours: sideBySide([1, 2, 3, 4], batch),
      floor: floor.contender,
      done: floor.close,
    };
  },
};
