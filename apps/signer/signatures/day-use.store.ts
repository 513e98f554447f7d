import type { EntityManager } from 'typeorm';

export interface DayLimit {
  readonly signatures: number;
  readonly amount: bigint;
}

/** Counts one more signature against a day's limit; false when it would go beyond. One statement: two at once never pass together. */
export async function useDay(
  em: EntityManager,
  day: string,
  kind: 'withdrawal' | 'deposit',
  units: bigint,
  limit: DayLimit,
): Promise<boolean> {
  const rows: unknown[] = await em.query(
    `INSERT INTO signer.day_use (day, kind, signatures, amount)
     SELECT $1::date, $2, 1, $3::numeric WHERE $4::integer >= 1 AND $3::numeric <= $5::numeric
     ON CONFLICT (day, kind) DO UPDATE SET signatures = day_use.signatures + 1, amount = day_use.amount + excluded.amount
       WHERE day_use.signatures < $4::integer AND day_use.amount + excluded.amount <= $5::numeric
     RETURNING kind`,
    [day, kind, units.toString(), limit.signatures, limit.amount.toString()],
  );
  return rows.length === 1;
}
