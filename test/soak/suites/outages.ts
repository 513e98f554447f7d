import { intact, outage } from '../../apart/drills.js';
import { cannotRunApart, spawnApart } from '../../apart/exchange-apart.js';
import { fragilePostgres, fragileRedis, hasRedis } from '../../apart/servers.js';
import { newHome, removeHome } from '../../e2e/exchange.spec-support.js';
import { rounds as roundsOf, seeded, type SoakSuite } from '../soak-suite.js';

export const suite: SoakSuite = {
  name: 'outages',
  about: 'PostgreSQL and Redis crash under load and come back: clean refusals, one effect each, no process restarted',
  cannot: () => (hasRedis() ? cannotRunApart() : 'no redis-server on the PATH'),
  run: async (run) => {
    const random = seeded(run.seed);
    const home = newHome();
    const postgres = await fragilePostgres();
    const redis = await fragileRedis();
    const exchange = await spawnApart(home, { DATABASE_URL: postgres.url, REDIS_URL: redis.url });
    try {
      const rounds = [];
      for (let i = 0; i < roundsOf(run); i++) {
        run.log('PostgreSQL crashes');
        rounds.push(await outage(exchange, postgres, Math.round(random() * 4_000), run));
        run.log('Redis crashes');
        rounds.push(await outage(exchange, redis, Math.round(random() * 8_000), run));
      }
      return { rounds, ...(await intact(exchange)) };
    } finally {
      await exchange.stop();
      await redis.stop();
      await postgres.stop();
      removeHome(home);
    }
  },
};
