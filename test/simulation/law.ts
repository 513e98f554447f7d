/** What is audited, and what it means that a law does not hold. */
export const POOLS = [
  { pool: 'eth-payout-1', product: 'eth-payout', shares: 'ETH-PAYOUT-1', mode: 'payout' },
  { pool: 'eth-compound-1', product: 'eth-compound', shares: 'ETH-COMPOUND-1', mode: 'compound' },
] as const;
export type PoolName = (typeof POOLS)[number];

export class LawBroken extends Error {
  override readonly name = 'LawBroken';
}
export function same(law: string, a: bigint, b: bigint): void {
  if (a !== b) throw new LawBroken(`${law}: ${a} is not ${b} (difference ${a - b})`);
}
export function holds(law: string, condition: boolean, facts: object = {}): void {
  if (!condition)
    throw new LawBroken(`${law}: ${JSON.stringify(facts, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))}`);
}

export interface ReportRow {
  readonly number: number;
  readonly reportId: string;
  readonly assets: string;
  readonly shares: string;
  readonly reward: string;
  readonly commission: string;
  readonly rebate: string;
  readonly covered: string;
  readonly lossCarried: string;
  readonly setAside: string;
  readonly netted: string;
  readonly toSlot: string;
  readonly toEpoch: string;
  readonly appliedAt: Date;
  /** When its period ended. */
  readonly closedAt: Date | null;
}
