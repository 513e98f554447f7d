import { cannotRunApart } from '../../apart/exchange-apart.js';
import { fragileRedis, hasRedis } from '../../apart/servers.js';
import { toursApart } from '../../apart/tours.js';
import type { SoakSuite } from '../soak-suite.js';

export const suite: SoakSuite = {
  name: 'rooms-apart-redis',
  about: 'the tour with every room in two processes, one after another killed; queues on Redis',
  cannot: () => (hasRedis() ? cannotRunApart() : 'no redis-server on the PATH'),
  run: async (run) => {
    const redis = await fragileRedis();
    try {
      return await toursApart(run, { REDIS_URL: redis.url });
    } finally {
      await redis.stop();
    }
  },
};
