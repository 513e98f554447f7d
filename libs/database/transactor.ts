import { setTimeout as pause } from 'node:timers/promises';
import { QueryFailedError, type DataSource, type EntityManager } from 'typeorm';

const ATTEMPTS = 12;
/** Serialization failure, deadlock, lock not available. */
const RETRIED = new Set(['40001', '40P01', '55P03']);
/** Two calls claimed one ledger key at once: the loser runs again and finds the stored outcome. */
const KEY_RACES = new Set(['decision_pkey', 'decision_key']);

const committed = new WeakMap<EntityManager, (() => void)[]>();

/** Calls `work` when the transaction of `em` has committed, never when it rolls back. A process that dies in between never calls it. */
export function afterCommit(em: EntityManager, work: () => void): void {
  committed.get(em)?.push(work);
}

/** Runs work in one database transaction; the one place where a transaction begins. */
export class Transactor {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in a transaction and commits what it did, or nothing. On a serialization failure, a deadlock or a ledger key race the whole
   * function runs again: so no network call and no other effect belongs inside.
   */
  async run<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        const afterwards: (() => void)[] = [];
        const result = await this.dataSource.transaction('READ COMMITTED', (em) => {
          committed.set(em, afterwards);
          return work(em);
        });
        for (const one of afterwards) one();
        return result;
      } catch (error) {
        if (attempt >= ATTEMPTS || !mayPass(error)) throw error;
        await pause(2 ** Math.min(attempt, 6) + ((attempt * 7) % 11));
      }
    }
  }

  /** Reads from one snapshot; writes are refused by the database. */
  async read<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction('REPEATABLE READ', async (em) => {
      await em.query('SET TRANSACTION READ ONLY');
      return work(em);
    });
  }
}

function mayPass(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code, constraint } = error.driverError as { code?: string; constraint?: string };
  return code !== undefined && (RETRIED.has(code) || (code === '23505' && constraint !== undefined && KEY_RACES.has(constraint)));
}
