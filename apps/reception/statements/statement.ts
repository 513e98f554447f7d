import { type AssetCode, InvariantBroken, ok, refuse, type Result } from '#kernel';
import type { AccountKindName, Entry, TransferKindName } from '#ledger';

/** What each kind of transfer is called on a statement. Stable: programs read these names. */
export const lineTypes = {
  'deposit.receive': 'deposit',
  'deposit.release': 'deposit_release',
  'unattributed.to_client': 'deposit_attributed',
  'withdrawal.reserve': 'withdrawal_reserve',
  'withdrawal.return': 'withdrawal_return',
  'withdrawal.settle': 'withdrawal',
  'stake.reserve': 'stake_reserve',
  'stake.return': 'stake_return',
  'stake.submit': 'stake_submit',
  'stake.fail': 'stake_fail',
  'stake.mint': 'stake_transfer',
  'share.mint': 'shares_issued',
  'share.lock': 'unstake_lock',
  'share.unlock': 'unstake_unlock',
  'share.burn': 'shares_redeemed',
  'exit.finalise': 'unstake_transfer',
  'exit.settle': 'unstake_release',
  'reward.settle': 'staking_reward',
  'payout.pay': 'reward_payout',
} as const satisfies Partial<Record<TransferKindName, string>>;
export type LineType = (typeof lineTypes)[keyof typeof lineTypes];

export interface StatementLine {
  readonly at: Date;
  readonly type: LineType;
  readonly asset: AssetCode;
  /** available, reserved, staking, unbonding, rewards, suspense, shares, shares_locked */
  readonly account: string;
  /** Signed base units. */
  readonly change: bigint;
  /** Of this account after this line. */
  readonly balance: bigint;
  readonly reference: string;
  readonly entryId: string;
}

export interface AccountSummary {
  readonly asset: AssetCode;
  readonly account: string;
  readonly opening: bigint;
  readonly change: bigint;
  readonly closing: bigint;
}

export interface Statement {
  readonly lines: readonly StatementLine[];
  readonly accounts: readonly AccountSummary[];
  /** Of all entries there are, also those after the period: what the ledger must say now. By `<kind> <asset>`. */
  readonly current: ReadonlyMap<string, bigint>;
}

/** [from, to); an open end is null. */
export interface Period {
  readonly from: Date | null;
  readonly to: Date | null;
}

export const MOST_LINES = 100_000;

const shortName = (account: AccountKindName): string => account.replace(/^client\./, '');

function lineType(kind: TransferKindName): LineType {
  const type = (lineTypes as Partial<Record<TransferKindName, LineType>>)[kind];
  if (!type) throw new InvariantBroken('statement.kind_without_name', { kind });
  return type;
}

/**
 * Reads a client's whole history once: what was before the period is its opening balance, what is in it its lines. For each account
 * opening + sum of lines = closing. Refusal: statement.too_long.
 */
export async function statementOf(entries: AsyncIterable<Entry>, period: Period, most = MOST_LINES): Promise<Result<Statement>> {
  const kept: Entry[] = [];
  const opening = new Map<string, bigint>();
  const current = new Map<string, bigint>();
  for await (const entry of entries) {
    const key = `${entry.account} ${entry.asset}`;
    current.set(key, (current.get(key) ?? 0n) + entry.change);
    if (period.from && entry.effectiveAt < period.from) opening.set(key, (opening.get(key) ?? 0n) + entry.change);
    else if (!period.to || entry.effectiveAt < period.to) kept.push(entry);
    if (kept.length > most) return refuse('statement.too_long', `A statement has at most ${most} lines. Ask for a shorter period.`);
  }
  kept.sort((a, b) => a.effectiveAt.getTime() - b.effectiveAt.getTime()); // stable: what happened at one moment stays as recorded
  return ok({ ...run(kept, opening), current });
}

function run(entries: readonly Entry[], opening: ReadonlyMap<string, bigint>): Pick<Statement, 'lines' | 'accounts'> {
  const balance = new Map(opening);
  const lines = entries.map((entry) => {
    const key = `${entry.account} ${entry.asset}`;
    const after = (balance.get(key) ?? 0n) + entry.change;
    balance.set(key, after);
    return {
      at: entry.effectiveAt,
      type: lineType(entry.kind),
      asset: entry.asset,
      account: shortName(entry.account),
      change: entry.change,
      balance: after,
      reference: entry.reference,
      entryId: entry.id,
    };
  });
  const accounts = [...balance].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, closing]) => summary(key, opening.get(key) ?? 0n, closing));
  return { lines, accounts };
}

function summary(key: string, opening: bigint, closing: bigint): AccountSummary {
  const [account, code] = key.split(' ') as [AccountKindName, AssetCode];
  return { asset: code, account: shortName(account), opening, change: closing - opening, closing };
}
