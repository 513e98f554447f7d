import { fuzz } from '../ledger/fuzz.js';
import type { SoakSuite } from '../soak-suite.js';

const STORIES = 500;

export const suite: SoakSuite = {
  name: 'ledger-fuzz',
  about: 'random stories on several connections against the oracle of the ledger, then every transfer replayed',
  run: ({ seed, scale, log }) => fuzz({ steps: Math.ceil(STORIES * scale), seed, say: log }),
};
