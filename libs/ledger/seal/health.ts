import type { EntityManager } from 'typeorm';
import { sealedLogs, type SealedLog } from '#messages';

/** How far the sealing of a log has come. */
export interface LogSealHealth {
  readonly log: SealedLog;
  /** seq of the last block, 0 before the first. */
  readonly sealed: string;
  /** seq of the last signed block. */
  readonly signed: string;
  /** Why a block that still stands was refused: the past was rewritten, or the signer's memory is gone. */
  readonly refused: string | null;
  /** Rows under no seal yet: batches, accounts and holds, or audit rows. Counted up to 100,000. */
  readonly unsealed: number;
  /** Age of the oldest of them. */
  readonly unsealedSeconds: number;
  /** Age of the oldest block that waits for its signature. */
  readonly unsignedSeconds: number;
}

/** The open write transaction that holds sealing back; it may belong to any database of the cluster. */
export interface OldestWriter {
  readonly seconds: number;
  readonly application: string;
  readonly database: string | null;
  readonly state: string;
}

export interface SealHealth {
  readonly logs: readonly LogSealHealth[];
  readonly oldestWriter: OldestWriter | null;
}

/** For custody's role. */
export async function sealHealth(em: EntityManager): Promise<SealHealth> {
  const logs = await em.query<LogSealHealth[]>(
    `SELECT l.log, s.sealed, s.signed, s.refused, s.unsealed::int AS unsealed, s.unsealed_seconds AS "unsealedSeconds", s.unsigned_seconds AS "unsignedSeconds"
       FROM unnest($1::text[]) WITH ORDINALITY l(log, place), seal.standing(l.log) s ORDER BY l.place`,
    [[...sealedLogs]],
  );
  const [oldestWriter] = await em.query<OldestWriter[]>('SELECT * FROM seal.oldest_writer()');
  return { logs, oldestWriter: oldestWriter ?? null };
}
