import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

/** Schedules of real rooms that start at least every two seconds on the local chain. */
export const frequent = {
  custody: ['follow-chains', 'build-transactions', 'broadcast-transactions', 'custody-policies'],
  staking: ['allocate', 'watch-validators', 'leave'],
  rewards: ['observe', 'post-payouts'],
} as const;

export interface Seen {
  /** Sessions that held the schedule's lock at one time or another. */
  readonly holders: ReadonlySet<number>;
  /** The most that held it at once. */
  readonly atOnce: number;
}

/** Looks again and again who runs which schedule: a run holds its lock on its room's listening session. Keys are `room schedule`. */
export async function watchSchedules(adminUrl: string, forMs: number): Promise<Map<string, Seen>> {
  const names = Object.entries(frequent).flatMap(([room, schedules]) => schedules.map((name) => `${room} ${name}`));
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  const seen = new Map<string, { holders: Set<number>; atOnce: number }>(names.map((name) => [name, { holders: new Set(), atOnce: 0 }]));
  try {
    for (const deadline = performance.now() + forMs; performance.now() < deadline; await pause(3)) {
      const { rows } = await client.query<{ name: string; pids: number[] }>(
        `SELECT n.name, array_agg(l.pid) AS pids FROM unnest($1::text[]) AS n (name)
           JOIN pg_locks l ON l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
            AND ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended('schedule ' || n.name, 0)
           JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() GROUP BY n.name`,
        [names],
      );
      for (const { name, pids } of rows) {
        const one = seen.get(name);
        if (!one) continue;
        for (const pid of pids) one.holders.add(pid);
        one.atOnce = Math.max(one.atOnce, pids.length);
      }
    }
  } finally {
    await client.end();
  }
  return seen;
}
