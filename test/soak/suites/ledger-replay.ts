import { replay } from '../ledger/replay.js';
import type { SoakSuite } from '../soak-suite.js';

const TRANSFERS = 100_000;

export const suite: SoakSuite = {
  name: 'ledger-replay',
  about: 'posts so many transfers (a million at scale 10) and replays them all',
  run: ({ scale, log }) => replay({ transfers: Math.ceil(TRANSFERS * scale), say: log }),
};
