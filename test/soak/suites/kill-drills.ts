import { hasRedisServer, onPostgres, onRedis } from '../../../libs/delivery/queues.spec-support.js';
import { drill as killDelivery } from '../drills/delivery-drill.js';
import { drill as killLedger } from '../drills/ledger-drill.js';
import { drill as killPayout } from '../drills/payout-drill.js';
import { seeded, type SoakSuite } from '../soak-suite.js';

/** A short run kills at a few statements that the seed draws, a long one between any two, before, after and while they are under way. */
function points(seed: number, scale: number, last = 12): { statements?: number[]; moments?: ['sent'] } {
  if (scale >= 5) return {};
  const random = seeded(seed);
  const some = Array.from({ length: Math.max(2, Math.round(scale * 4)) }, () => 1 + Math.floor(random() * last));
  return { statements: [...new Set(some)].sort((a, b) => a - b), moments: ['sent'] };
}

export const suite: SoakSuite = {
  name: 'kill-drills',
  about: 'kill -9 between any two statements of a transaction of the ledger, of a payout run, and of a whole subscriber on both backends',
  async run({ seed, scale, log }) {
    const facts: Record<string, object> = { ledger: await killLedger(points(seed, scale)) };
    log(`ledger: ${JSON.stringify(facts['ledger'])}`);
    facts['payout'] = await killPayout(points(seed + 2, scale, 60));
    log(`payout: ${JSON.stringify(facts['payout'])}`);
    for (const [name, backend] of [['postgres', onPostgres] as const, ...(hasRedisServer ? [['redis', onRedis] as const] : [])]) {
      facts[name] = await killDelivery({ ...points(seed + 1, scale), backend });
      log(`delivery on ${name}: ${JSON.stringify(facts[name])}`);
    }
    return facts;
  },
};
