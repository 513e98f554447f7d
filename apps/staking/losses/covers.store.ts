import type { EntityManager } from 'typeorm';

/** Covers are shared by the pools of a chain, bonds by all: whoever takes from one holds this until its transaction ends, after the pool's row. */
export async function lockCover(em: EntityManager, chain: string): Promise<void> {
  await em.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`staking.cover:${chain}`]);
}
