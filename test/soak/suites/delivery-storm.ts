import { hasRedisServer, onPostgres, onRedis } from '../../../libs/delivery/queues.spec-support.js';
import { drill } from '../drills/delivery-storm.js';
import type { SoakSuite } from '../soak-suite.js';

const STEPS = 30;

export const suite: SoakSuite = {
  name: 'delivery-storm',
  about: 'messages while queues, servers and instances come and go: each has its effect once, in order, on both backends',
  async run({ seed, scale, log }) {
    const facts: Record<string, object> = {};
    for (const [name, backend] of [['postgres', onPostgres] as const, ...(hasRedisServer ? [['redis', onRedis] as const] : [])]) {
      facts[name] = await drill({ seed, steps: Math.ceil(STEPS * scale), backend });
      log(`${name}: ${JSON.stringify(facts[name])}`);
    }
    return facts;
  },
};
