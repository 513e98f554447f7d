/** What a report did, worked out a second time from what it published before and after, and from the ledger's lines under its reference. */
import { uuid5 } from '#kernel';
import type { Journal, Line } from './journal.js';
import { holds, same, type PoolName, type ReportRow } from './law.js';
import type { World } from './world.js';

/** Below so many shares a pool mints one to one, unless they are worth more. */
const MINIMUM_SHARES = 10n ** 15n;
const BPS = 10_000n;

export interface Audited {
  readonly number: number;
  readonly assets: bigint;
  readonly shares: bigint;
  readonly lossCarried: bigint;
  /** Up to where the queue is final. */
  readonly place: bigint;
  /** Earning shares by tier, after it. */
  readonly tiers: ReadonlyMap<string, bigint>;
  readonly reward: bigint;
  readonly commission: bigint;
  readonly losses: bigint;
  readonly gone: bigint;
  readonly covered: bigint;
}

const total = (lines: readonly Line[], ...kinds: string[]): bigint =>
  lines.filter(({ kind }) => kinds.includes(kind)).reduce((sum, { amount }) => sum + amount, 0n);

export async function auditReport(
  world: World,
  journal: Journal,
  { pool, product, mode }: PoolName,
  row: ReportRow,
  before: Audited | null,
): Promise<Audited> {
  const name = `${pool} report ${row.number}`;
  const lines = journal.byReference.get(row.reportId) ?? [];
  const [assets0, shares0, loss0] = [before?.assets ?? 0n, before?.shares ?? 0n, before?.lossCarried ?? 0n];
  const [assets1, shares1, loss1] = [BigInt(row.assets), BigInt(row.shares), BigInt(row.lossCarried)];

  // rewards and losses: what the lines say is what was published
  const recovered = total(lines, 'reward.recover', 'execution.recover');
  const compounded = total(lines, 'reward.compound', 'execution.compound');
  const accrued = total(lines, 'reward.accrue', 'execution.accrue');
  const commission = total(lines, 'reward.commission', 'execution.commission');
  const losses = total(lines, 'reward.loss');
  const covered = total(lines, 'cover.bond_loss', 'cover.fund_loss', 'cover.first_loss_taken');
  const earned = compounded + accrued + commission;
  same(`A8 ${name}: reward`, BigInt(row.reward), earned + recovered - losses - covered);
  same(`A8 ${name}: commission`, BigInt(row.commission), commission);
  same(`A7 ${name}: covered`, BigInt(row.covered), covered);
  const carried = loss0 + losses - recovered;
  const gone = total(lines, 'loss.leave');
  same(`A4 ${name}: loss carried`, loss1, carried - gone);
  holds(`A4 ${name}: nothing is charged below the high-water mark`, commission === 0n || carried === 0n, { commission, carried });
  if (losses > 0n && covered > 0n) await coverCameFirst(world, name, row.reportId);
  await charged(
    world,
    { name, product, mode, earned, commission, compounded, rebate: BigInt(row.rebate), shares0, before },
    servedUpTo(row),
  );

  // leavers: one price, fixed and final
  const surplus = before === null ? 0n : assetsIn(assets1, assets0, compounded, lines);
  holds(`A2 ${name}: what comes back of finalised exits is never taken`, surplus >= 0n, { surplus });
  const priced = assets0 + compounded + surplus;
  const price = { value: max(priced - carried, 0n), shares: shares0 };
  await fixedAt(world, name, pool, row, price);
  const left = await finalisedAt(world, name, pool, row, price, before?.place ?? 0n);
  same(`A5 ${name}: set aside`, total(lines, 'exit.set_aside'), left.setAside);
  same(`A5 ${name}: published`, BigInt(row.setAside), left.setAside);

  const borne = carried < priced ? carried : priced;
  same(`A4 ${name}: leavers take the loss that they bore`, gone, left.shares === 0n ? 0n : (borne * left.shares) / shares0);

  // those who enter: one price, after the leavers
  const entering = { value: max(price.value - left.setAside, 0n), shares: shares0 - left.shares };
  await mintedAt(world, name, pool, row, lines, entering);
  const cameIn = total(lines, 'stake.mint', 'stake.net');
  same(`A2 ${name}: A`, assets1, priced - left.setAside - gone + cameIn);
  same(`A1 ${name}: S`, shares1, shares0 - left.shares + total(lines, 'share.mint'));
  same(`A5 ${name}: those who enter pay no more than leavers need`, BigInt(row.netted), total(lines, 'stake.net'));
  if (losses === 0n && shares0 > 0n)
    holds(
      `A3 ${name}: the rate falls by nobody's coming or going`,
      max(assets1 - loss1, 0n) * shares0 >= max(assets0 - loss0, 0n) * shares1,
      { assets0, shares0, assets1, shares1 },
    );
  return {
    ...{ number: row.number, assets: assets1, shares: shares1, lossCarried: loss1, place: left.place, tiers: await tiersOf(world, pool) },
    ...{ reward: BigInt(row.reward), commission, losses, gone, covered },
  };
}

/** Who asked up to then is served, and what was in force then is charged. */
const servedUpTo = ({ appliedAt, closedAt }: ReportRow): Date => (closedAt !== null && closedAt < appliedAt ? closedAt : appliedAt);

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** What flooring left over and came back: the one thing that a report adds to A and does not say. It must have been posted before. */
function assetsIn(assets1: bigint, assets0: bigint, compounded: bigint, lines: readonly Line[]): bigint {
  return assets1 - assets0 - compounded + total(lines, 'exit.set_aside', 'loss.leave') - total(lines, 'stake.mint', 'stake.net');
}

async function tiersOf(world: World, pool: string): Promise<Map<string, bigint>> {
  const rows = await world.sql<{ tier: string; shares: string }>('SELECT tier, shares::text FROM staking.pool_tier WHERE pool_id = $1', [
    pool,
  ]);
  return new Map(rows.map(({ tier, shares }) => [tier, BigInt(shares)]));
}

/** A7: the pool bears nothing of a slashing while a fund is left. */
async function coverCameFirst(world: World, name: string, reportId: string): Promise<void> {
  const [row] = await world.sql<{ n: number }>(
    `SELECT count(*)::int AS n FROM staking.loss l JOIN staking.loss_part p ON p.loss_id = l.id
      WHERE l.report_id = $1 AND p.borne > 0 AND EXISTS (
        SELECT 1 FROM ledger.balance b JOIN ledger.account a ON a.id = b.account_id JOIN ledger.account_kind k ON k.code = a.kind
         WHERE k.name IN ('cover.fund', 'cover.first_loss') AND b.balance > 0)`,
    [reportId],
  );
  same(`A7 ${name}: cover comes first`, BigInt(row?.n ?? 0), 0n);
}

interface Charging {
  readonly name: string;
  readonly product: string;
  readonly mode: 'payout' | 'compound';
  readonly earned: bigint;
  readonly commission: bigint;
  readonly compounded: bigint;
  readonly rebate: bigint;
  readonly shares0: bigint;
  readonly before: Audited | null;
}

/** A4: no more than the standard fee, no less than what the tiers pay, less a unit a tier for the floors. */
async function charged(world: World, of: Charging, at: Date): Promise<void> {
  if (of.earned === 0n) return;
  const fees = await world.sql<{ tier: string; bps: number }>(
    `SELECT DISTINCT ON (tier) tier, commission_bps AS bps FROM staking.fee_schedule WHERE product_id = $1 AND effective_at <= $2
      ORDER BY tier, effective_at DESC, version DESC`,
    [of.product, at],
  );
  const standard = BigInt(fees.find(({ tier }) => tier === 'standard')?.bps ?? 0);
  const feeOf = (tier: string): bigint => {
    const own = BigInt(fees.find((fee) => fee.tier === tier)?.bps ?? standard);
    return own < standard ? own : standard;
  };
  const most = (of.earned * standard) / BPS;
  if (of.mode === 'compound') {
    same(`A4 ${of.name}: commission and rebates are the standard fee`, of.commission + of.rebate, most);
    same(`A4 ${of.name}: the rest raises A`, of.compounded, of.earned - most);
  }
  const tiers = [...(of.before?.tiers ?? [])].filter(([, held]) => held > 0n);
  const all = of.mode === 'payout' ? tiers.reduce((sum, [, held]) => sum + held, 0n) : of.shares0;
  if (all === 0n || tiers.length === 0) return;
  // Σ earned · held/all · fee/BPS as one fraction, so that nothing is rounded here
  const exact =
    tiers.reduce((sum, [tier, held]) => sum + of.earned * held * feeOf(tier), 0n) +
    (of.mode === 'compound' ? of.earned * (all - tiers.reduce((s, [, h]) => s + h, 0n)) * standard : 0n);
  const slack = BigInt(2 * tiers.length + 1) * all * BPS;
  const taken = of.commission * all * BPS;
  holds(`A4 ${of.name}: each tier pays its own fee`, taken <= exact + slack && taken >= exact - slack, { taken, exact, slack });
}

/** A5, A9: everybody who asked before its period ended gets its price as nominal. */
async function fixedAt(world: World, name: string, pool: string, row: ReportRow, price: { value: bigint; shares: bigint }): Promise<void> {
  const [group] = await world.sql<{ value: string; shares: string }>(
    'SELECT price_value::text AS value, price_shares::text AS shares FROM staking.exit_group WHERE pool_id = $1 AND report = $2',
    [pool, row.number],
  );
  if (!group) return;
  same(`A9 ${name}: leavers' value`, BigInt(group.value), price.value);
  same(`A9 ${name}: leavers' shares`, BigInt(group.shares), price.shares);
  const requests = await world.sql<{ id: string; shares: string; nominal: string; at: Date }>(
    'SELECT order_id AS id, shares::text, nominal::text, accepted_at AS at FROM staking.exit_request WHERE pool_id = $1 AND group_report = $2',
    [pool, row.number],
  );
  for (const { id, shares, nominal, at } of requests) {
    same(`A3 ${name}: nominal of ${id}`, BigInt(nominal), (BigInt(shares) * price.value) / price.shares);
    holds(`A9 ${name}: ${id} was accepted before the period ended`, at <= servedUpTo(row), { at, until: servedUpTo(row) });
  }
}

interface Left {
  readonly setAside: bigint;
  readonly shares: bigint;
  readonly place: bigint;
}

/** A5: from where the queue was final, without a gap, each range on the lesser basis. */
async function finalisedAt(
  world: World,
  name: string,
  pool: string,
  row: ReportRow,
  price: { value: bigint; shares: bigint },
  from: bigint,
): Promise<Left> {
  const ranges = await world.sql<Record<'from' | 'to' | 'value' | 'shares' | 'aside' | 'basis' | 'rs' | 'rn' | 'gv' | 'gs', string>>(
    `SELECT r.from_place::text AS from, r.to_place::text AS to, r.price_value::text AS value, r.price_shares::text AS shares, r.set_aside::text AS aside, r.basis,
            (r.to_shares - r.from_shares)::text AS rs, (r.to_nominal - r.from_nominal)::text AS rn, g.price_value::text AS gv, g.price_shares::text AS gs
       FROM staking.exit_range r JOIN staking.exit_group g ON g.pool_id = r.pool_id AND g.report = r.group_report
      WHERE r.pool_id = $1 AND r.report = $2 ORDER BY r.number`,
    [pool, row.number],
  );
  let [place, setAside, shares] = [from, 0n, 0n];
  for (const r of ranges) {
    same(`A5 ${name}: the queue goes on where it was`, BigInt(r.from), place);
    same(`A9 ${name}: value of finalisation`, BigInt(r.value), price.value);
    same(`A9 ${name}: shares of finalisation`, BigInt(r.shares), price.shares);
    const better = price.value * BigInt(r.gs) >= BigInt(r.gv) * price.shares;
    holds(`A5 ${name}: the lesser basis`, r.basis === (better ? 'nominal' : 'value'), r);
    same(`A5 ${name}: set aside for a range`, BigInt(r.aside), better ? BigInt(r.rn) : (BigInt(r.rs) * price.value) / price.shares);
    place = BigInt(r.to);
    setAside += BigInt(r.aside);
    shares += BigInt(r.rs);
  }
  return { setAside, shares, place };
}

/** A3: ⌊a·S/A⌋ at one price, for parts of orders and for those who pay leavers. */
async function mintedAt(
  world: World,
  name: string,
  pool: string,
  { reportId }: ReportRow,
  lines: readonly Line[],
  price: { value: bigint; shares: bigint },
): Promise<void> {
  const byKey = new Map(lines.map((line) => [line.key, line]));
  const candidates = await world.sql<{ id: string }>(
    `SELECT p.id FROM staking.order_part p JOIN staking.batch b ON b.id = p.batch_id WHERE b.pool_id = $1 AND p.state = 'minted'
     UNION SELECT id FROM staking.orders WHERE pool_id = $1 AND type = 'stake'`,
    [pool],
  );
  const asAtFirst = price.shares === 0n || (price.shares < MINIMUM_SHARES && price.value <= price.shares);
  let seen = 0;
  for (const { id } of candidates) {
    const paid = byKey.get(uuid5('stake.mint', reportId, id)) ?? byKey.get(uuid5('stake.net', reportId, id));
    if (!paid) continue;
    seen++;
    const minted = byKey.get(uuid5('share.mint', reportId, id))?.amount ?? 0n;
    same(`A3 ${name}: shares for ${id}`, minted, asAtFirst ? paid.amount : (paid.amount * price.shares) / price.value);
  }
  const mints = lines.filter(({ kind }) => kind === 'stake.mint' || kind === 'stake.net').length;
  same(`A3 ${name}: every entry was looked at`, BigInt(seen), BigInt(mints));
}
