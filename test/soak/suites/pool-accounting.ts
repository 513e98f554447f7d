import { proveInDatabase, proveInMemory } from '../../../apps/staking/pools/accounting.spec-support.js';
import type { SoakSuite } from '../soak-suite.js';

const POOLS = 1_100;
const STEPS = 300;

export const suite: SoakSuite = {
  name: 'pool-accounting',
  about: 'random deposits, exits, reports, slashings, tiers, netting and cover against an independent model, in memory and in PostgreSQL',
  async run({ seed, scale, log }) {
    const { steps, seen } = await proveInMemory({ pools: Math.ceil(POOLS * scale), seed });
    log(`in memory: ${steps} steps`);
    const facts: Record<string, object> = { memory: { steps, ...seen } };
    for (const mode of ['payout', 'compound'] as const) {
      facts[mode] = await proveInDatabase(mode, { steps: Math.ceil(STEPS * scale), seed });
      log(`in PostgreSQL, ${mode}: ${JSON.stringify(facts[mode])}`);
    }
    return facts;
  },
};
