import { checkRedis } from '#delivery';
import { fine, type Check } from './checklist.js';
import { row, type Surroundings } from './surroundings.js';

export function queueChecks({ redisUrl, database }: Surroundings): Check[] {
  if (redisUrl !== undefined)
    return [{ group: 'Queues', name: 'Redis', look: async () => fine(`Redis ${await checkRedis(redisUrl)} (REDIS_URL)`) }];
  if (database.state !== 'there') return [];
  return [
    {
      group: 'Queues',
      name: 'PostgreSQL',
      look: async () => {
        const { jobs } = await row<{ jobs: boolean }>(database.client, `SELECT to_regnamespace('bullmq') IS NOT NULL AS jobs`);
        return jobs
          ? fine('the queue keeps its tables in the database (set REDIS_URL under load)')
          : fine('its tables are made by the first migration');
      },
    },
  ];
}
