import type { EntityManager } from 'typeorm';
import type { ChainReader } from '#chains';
import type { AssetCode } from '#kernel';
import { trialBalance, type AccountKindName } from '#ledger';
import type { WalletRole } from '#messages';
import { allOfKind } from '../balances.js';
import { uncountedRewards } from '../follower/execution-rewards.store.js';
import { creditedNewestFirst } from '../follower/protocol-credits.store.js';
import { committedStates } from '../transactions/transaction.js';
import { unattributedSum } from '../unattributed/unattributed.store.js';
import { vaultsOfChain, walletsOfChain } from '../wallets/wallets.store.js';
import type { Evidence, PoolEvidence } from './reconciliation.js';
import { readValidators, type ValidatorBooks } from './validator-books.js';
import { ReconciliationEntity } from './reconciliation.entity.js';

/** The ledger's side, of one snapshot. Holdings are negative in the ledger and positive here. */
export interface Books {
  readonly wallets: readonly { walletId: string; role: WalletRole; address: string; ledger: bigint }[];
  readonly validators: readonly ValidatorBooks[];
  readonly pools: readonly PoolEvidence[];
  readonly rest: Omit<Evidence, 'wallets' | 'unmoved' | 'validators' | 'pools'>;
}

export async function readBooks(em: EntityManager, chain: string, asset: AssetCode): Promise<Books> {
  const held = new Map(
    [...(await allOfKind(em, 'trust.wallet', asset)), ...(await allOfKind(em, 'house.wallet', asset))].map((b) => [b.owner, -b.balance]),
  );
  const wallets = (await walletsOfChain(em, chain)).map((w) => ({
    walletId: w.id,
    role: w.role,
    address: w.address,
    ledger: held.get(w.id) ?? 0n,
  }));
  const staked = new Map((await allOfKind(em, 'stake.validator', asset)).map((b) => [b.owner, -b.balance]));
  return {
    wallets,
    validators: await readValidators(em, chain, asset, staked),
    pools: await readPools(em, chain, asset),
    rest: { ...(await readRest(em, chain, asset)), validatorsLedger: [...staked.values()].reduce((a, b) => a + b, 0n) },
  };
}

async function readPools(em: EntityManager, chain: string, asset: AssetCode): Promise<PoolEvidence[]> {
  const bonding = new Map((await allOfKind(em, 'pool.bonding', asset)).map((b) => [b.owner, -b.balance]));
  const withdrawn = new Map((await allOfKind(em, 'pool.protocol_withdrawal', asset)).map((b) => [b.owner, b.balance]));
  const earned = new Map((await allOfKind(em, 'pool.execution_reward', asset)).map((b) => [b.owner, b.balance]));
  const vaults = (await vaultsOfChain(em, chain)).flatMap((w) => (w.poolId === null ? [] : [w.poolId]));
  const pools = [...new Set([...vaults, ...bonding.keys(), ...withdrawn.keys(), ...earned.keys()])].sort();
  const found: PoolEvidence[] = [];
  for (const poolId of pools) {
    const credits = withdrawn.has(poolId) ? await creditedNewestFirst(em, chain, poolId) : [];
    const executionReward = earned.get(poolId) ?? 0n;
    const uncounted = executionReward === 0n ? { sum: 0n, count: 0 } : await uncountedRewards(em, chain, poolId, executionReward);
    const clearing = { bonding: bonding.get(poolId) ?? 0n, protocolWithdrawal: withdrawn.get(poolId) ?? 0n };
    found.push({ poolId, ...clearing, credits, executionReward, uncounted });
  }
  return found;
}

async function readRest(em: EntityManager, chain: string, asset: AssetCode): Promise<Omit<Books['rest'], 'validatorsLedger'>> {
  const trial = await trialBalance(em);
  const of = (kind: AccountKindName): bigint =>
    trial.filter((line) => line.kind === kind && line.asset === asset).reduce((a, line) => a + line.balance, 0n);
  const [own]: { reserved: string; count: number; suspense: string; deposits: number }[] = await em.query(
    `SELECT (SELECT coalesce(sum(reserved), 0)::text FROM custody.transaction WHERE chain = $1 AND state = ANY ($2)) AS reserved,
            (SELECT count(*)::int FROM custody.transaction WHERE chain = $1 AND state = ANY ($2)) AS count,
            (SELECT coalesce(sum(amount), 0)::text FROM custody.deposit WHERE chain = $1 AND state IN ('suspense', 'held')) AS suspense,
            (SELECT count(*)::int FROM custody.deposit WHERE chain = $1 AND state IN ('suspense', 'held')) AS deposits`,
    [chain, committedStates],
  );
  const register = await unattributedSum(em, chain);
  const sums = new Map<string, bigint>();
  for (const line of trial) sums.set(`${line.entity} ${line.asset}`, (sums.get(`${line.entity} ${line.asset}`) ?? 0n) + line.balance);
  return {
    gas: { reserved: of('trust.gas_reserved'), transactions: BigInt(own?.reserved ?? 0), count: own?.count ?? 0 },
    unattributed: { ledger: of('trust.unattributed'), register: register.sum, count: register.count },
    suspense: { ledger: of('client.suspense'), deposits: BigInt(own?.suspense ?? 0), count: own?.deposits ?? 0 },
    fees: { payable: of('trust.fee_payable'), receivable: -of('house.fee_receivable') },
    runs: (await allOfKind(em, 'run.clearing', asset)).map((b) => ({ runId: b.owner, balance: b.balance })),
    entities: [...sums].map(([key, sum]) => ({ entity: key.split(' ')[0] ?? '', asset: key.split(' ')[1] ?? '', sum })),
  };
}

/** The chain's side: balances after block `number`, a few at a time. */
export async function readBalances(reader: ChainReader, addresses: readonly string[], number: bigint): Promise<Map<string, bigint>> {
  const found = new Map<string, bigint>();
  const lanes = 8;
  for (let i = 0; i < addresses.length; i += lanes) {
    const some = addresses.slice(i, i + lanes);
    const balances = await Promise.all(some.map((address) => reader.balance(address, number)));
    some.forEach((address, j) => found.set(address, balances[j] ?? 0n));
  }
  return found;
}

export async function insertReconciliation(em: EntityManager, row: ReconciliationEntity): Promise<void> {
  await em.insert(ReconciliationEntity, row);
}
export const latestReconciliation = (em: EntityManager, chain: string): Promise<ReconciliationEntity | null> =>
  em.findOne(ReconciliationEntity, { where: { chain }, order: { createdAt: 'DESC' } });
/** The last one that compared every wallet. */
export const latestWhole = (em: EntityManager, chain: string): Promise<ReconciliationEntity | null> =>
  em.findOne(ReconciliationEntity, { where: { chain, whole: true }, order: { createdAt: 'DESC' } });
export const reconciliationById = (em: EntityManager, id: string): Promise<ReconciliationEntity | null> =>
  em.findOneBy(ReconciliationEntity, { id });
export function listReconciliations(
  em: EntityManager,
  limit: number,
  before: { createdAt: Date; id: string } | undefined,
): Promise<ReconciliationEntity[]> {
  const query = em.createQueryBuilder(ReconciliationEntity, 'r').where('true');
  if (before) query.andWhere('(r.createdAt, r.id) < (:at, :id)', { at: before.createdAt, id: before.id });
  return query.orderBy('r.createdAt', 'DESC').addOrderBy('r.id', 'DESC').limit(limit).getMany();
}
