import type { WalletRole } from '#messages';

/** Ledger and chain at one height, side by side. All amounts in base units, what we hold counted positive on both sides. */
export interface Evidence {
  readonly wallets: readonly { walletId: string; role: WalletRole; address: string; ledger: bigint; chain: bigint }[];
  /** Wallets that were not compared, as they have not moved since they were equal: so much on both sides. */
  readonly unmoved: bigint;
  readonly validators: readonly ValidatorEvidence[];
  readonly pools: readonly PoolEvidence[];
  /** Sum of all stake.validator accounts, whether we know the validator or not. */
  readonly validatorsLedger: bigint;
  readonly gas: { readonly reserved: bigint; readonly transactions: bigint; readonly count: number };
  readonly suspense: { readonly ledger: bigint; readonly deposits: bigint; readonly count: number };
  /** Arrived with no client to credit, and not given to anybody yet: in the ledger, and by custody's register. */
  readonly unattributed: { readonly ledger: bigint; readonly register: bigint; readonly count: number };
  readonly fees: { readonly payable: bigint; readonly receivable: bigint };
  readonly runs: readonly { runId: string; balance: bigint }[];
  readonly entities: readonly { entity: string; asset: string; sum: bigint }[];
}
export interface ValidatorEvidence {
  readonly pubkey: string;
  readonly poolId: string;
  readonly index: bigint | null;
  readonly status: string;
  /** What we deposited for it, booked when that was final. */
  readonly deposited: bigint;
  /** Its account in the ledger, as of the last report; null: not booked as a validator yet, its deposits stand in pool.bonding. */
  readonly booked: bigint | null;
  /** Of what was deposited: stands in pool.bonding still. */
  readonly bonding: bigint;
  /** What the books hold still for validators that are being merged into it. */
  readonly takenOver: bigint;
  readonly balance: bigint;
  readonly queued: bigint;
  /** It pays out to an address that is not ours: whatever it holds, nothing of it is ours. */
  readonly foreign: boolean;
}
export interface PoolEvidence {
  readonly poolId: string;
  readonly bonding: bigint;
  readonly protocolWithdrawal: bigint;
  /** Credits to the pool's vault, newest first. */
  readonly credits: readonly { validatorIndex: bigint; amount: bigint }[];
  /** Paid by blocks to the vault: in the ledger, and the newest payments by custody's own table that make it up. */
  readonly executionReward: bigint;
  readonly uncounted: { readonly sum: bigint; readonly count: number };
}

export interface Item {
  readonly kind:
    | 'rewards_since_report'
    | 'penalties_since_report'
    | 'rewards_before_first_report'
    | 'foreign_credentials'
    | 'stranger_credit'
    | 'wallet';
  readonly subject: string;
  readonly amount: bigint;
  readonly explanation: string;
}
export interface Clearing {
  readonly account: string;
  readonly owner: string;
  readonly balance: bigint;
  readonly unexplained: bigint;
  readonly explanation: string;
}
export interface Findings {
  readonly agreed: boolean;
  readonly ledger: bigint;
  readonly chain: bigint;
  readonly difference: bigint;
  readonly items: readonly Item[];
  /** What no item explains: must be 0. */
  readonly unexplained: bigint;
  readonly clearing: readonly Clearing[];
}

/**
 * Compares. Wallets must be exact. A validator differs by what it earned or lost since the last report, by balance and payouts; no more than
 * `plausibleBps` of its deposit counts as earned. Every clearing account is explained by what custody knows from its own tables.
 */
export function reconcile(evidence: Evidence, plausibleBps: bigint): Findings {
  const unclassified = new Map(evidence.pools.map((pool) => [pool.poolId, unclassifiedOf(pool, evidence.validators)]));
  const walletItems = evidence.wallets.filter((w) => w.ledger !== w.chain).map(walletItem);
  const rewardItems = evidence.validators.flatMap((v) => validatorItem(v, unclassified.get(v.poolId), plausibleBps));
  const strangerItems = evidence.pools.flatMap((pool) => strangerItem(pool, unclassified.get(pool.poolId)));
  const items = [...walletItems, ...rewardItems, ...strangerItems];
  const ledger =
    evidence.unmoved +
    sum(evidence.wallets, (w) => w.ledger) +
    evidence.validatorsLedger +
    sum(evidence.pools, (p) => p.bonding - p.protocolWithdrawal);
  const chain = evidence.unmoved + sum(evidence.wallets, (w) => w.chain) + sum(evidence.validators, heldBy);
  const difference = chain - ledger;
  // a wallet that differs is listed, and explains nothing
  const unexplained = difference - sum([...rewardItems, ...strangerItems], (item) => item.amount);
  const clearing = clearingOf(evidence, unclassified);
  const agreed =
    unexplained === 0n &&
    walletItems.length === 0 &&
    clearing.every((c) => c.unexplained === 0n) &&
    evidence.entities.every((e) => e.sum === 0n);
  return { agreed, ledger, chain, difference, items, unexplained, clearing };
}

interface Unclassified {
  /** By validator index: arrived at the vault, in no report yet. */
  readonly byIndex: ReadonlyMap<bigint, bigint>;
  readonly ours: bigint;
  readonly strangers: bigint;
}

/** Reports classify credits in the chain's order, so what they have not reached is the newest of them, down to the clearing account's balance. */
function unclassifiedOf(pool: PoolEvidence, validators: readonly ValidatorEvidence[]): Unclassified {
  const known = new Set(validators.filter((v) => v.poolId === pool.poolId && v.index !== null).map((v) => v.index));
  const strangers = sum(
    pool.credits.filter((c) => !known.has(c.validatorIndex)),
    (c) => c.amount,
  );
  const target = pool.protocolWithdrawal - strangers; // no report ever takes a stranger's credit
  const byIndex = new Map<bigint, bigint>();
  let ours = 0n;
  for (const credit of pool.credits) {
    if (ours >= target) break;
    if (!known.has(credit.validatorIndex)) continue;
    byIndex.set(credit.validatorIndex, (byIndex.get(credit.validatorIndex) ?? 0n) + credit.amount);
    ours += credit.amount;
  }
  return { byIndex, ours, strangers };
}

/** A switch to compounding puts what is above 32 ETH into the deposit queue: it is the validator's all the time. */
const heldBy = (v: ValidatorEvidence): bigint => (v.foreign ? 0n : v.balance + v.queued);

function validatorItem(v: ValidatorEvidence, unclassified: Unclassified | undefined, plausibleBps: bigint): Item[] {
  const paidOut = v.index === null ? 0n : (unclassified?.byIndex.get(v.index) ?? 0n);
  const ledger = (v.booked ?? 0n) + v.bonding;
  const amount = heldBy(v) + paidOut - ledger;
  if (amount === 0n) return [];
  if (v.foreign) return [lostItem(v, amount)];
  // what a merged validator brings along is no reward, and leaves the other at the same moment
  const plausible = ((v.deposited + v.takenOver) * plausibleBps) / 10_000n + v.takenOver;
  if (amount > plausible || -amount > ledger) return []; // no reward: stays unexplained
  const kind = v.booked === null ? 'rewards_before_first_report' : amount > 0n ? 'rewards_since_report' : 'penalties_since_report';
  const paid = paidOut > 0n ? `, ${paidOut} wei of it paid out to the vault` : '';
  const merged = v.takenOver > 0n ? `, or brought by a merger of ${v.takenOver} wei that no report has seen yet` : '';
  return [
    {
      kind,
      subject: v.pubkey,
      amount,
      explanation: `${amount > 0n ? 'earned' : 'lost'} on chain since ${v.booked === null ? 'its deposit' : 'the last report'}${paid}${merged} (${v.status})`,
    },
  ];
}

const lostItem = ({ pubkey }: ValidatorEvidence, amount: bigint): Item => ({
  kind: 'foreign_credentials',
  subject: pubkey,
  amount,
  explanation: 'went to a validator that pays out to somebody else; to be written off by two people',
});

const walletItem = (w: Evidence['wallets'][number]): Item => ({
  kind: 'wallet',
  subject: w.address,
  amount: w.chain - w.ledger,
  explanation: `the ${w.role} wallet holds another amount on chain than in the books`,
});

function strangerItem(pool: PoolEvidence, unclassified: Unclassified | undefined): Item[] {
  if (!unclassified || unclassified.strangers === 0n) return [];
  return [
    {
      kind: 'stranger_credit',
      subject: pool.poolId,
      amount: unclassified.strangers,
      explanation: 'paid to the vault by validators that are not ours',
    },
  ];
}

function clearingOf(evidence: Evidence, unclassified: ReadonlyMap<string, Unclassified>): Clearing[] {
  const { gas, suspense, unattributed, fees } = evidence;
  const perPool = evidence.pools.flatMap((pool) => [
    bondingOf(pool, evidence.validators),
    creditsOf(pool, unclassified.get(pool.poolId)),
    rewardsOf(pool),
  ]);
  return [
    ...perPool,
    {
      account: 'trust.gas_reserved',
      owner: 'chain',
      balance: gas.reserved,
      unexplained: gas.reserved - gas.transactions,
      explanation: `worst gas of ${gas.count} transactions under way`,
    },
    {
      account: 'client.suspense',
      owner: 'clients',
      balance: suspense.ledger,
      unexplained: suspense.ledger - suspense.deposits,
      explanation: `${suspense.count} deposits not cleared yet`,
    },
    {
      account: 'trust.unattributed',
      owner: 'chain',
      balance: unattributed.ledger,
      unexplained: unattributed.ledger - unattributed.register,
      explanation: `${unattributed.count} arrivals with no client to credit; people say whose they are`,
    },
    {
      account: 'trust.fee_payable',
      owner: 'chain',
      balance: fees.payable,
      unexplained: fees.payable - fees.receivable,
      explanation: 'commission not swept yet; the house books the same as receivable',
    },
    ...evidence.runs.map((run) => ({
      account: 'run.clearing',
      owner: run.runId,
      balance: run.balance,
      unexplained: 0n,
      explanation: 'a payout run is under way',
    })),
  ];
}

function bondingOf(pool: PoolEvidence, validators: readonly ValidatorEvidence[]): Clearing {
  const waiting = validators.filter((v) => v.poolId === pool.poolId && v.bonding !== 0n);
  const queued = waiting.filter((v) => v.queued > 0n).length;
  const unexplained = pool.bonding - sum(waiting, (v) => v.bonding);
  const explanation = `deposits of ${waiting.length} validators not booked as active yet, ${queued} of them in the chain's deposit queue`;
  return { account: 'pool.bonding', owner: pool.poolId, balance: pool.bonding, unexplained, explanation };
}

function creditsOf(pool: PoolEvidence, unclassified: Unclassified | undefined): Clearing {
  const known = (unclassified?.ours ?? 0n) + (unclassified?.strangers ?? 0n);
  const explanation = `payouts of ${unclassified?.byIndex.size ?? 0} validators that no report has classified yet`;
  return {
    account: 'pool.protocol_withdrawal',
    owner: pool.poolId,
    balance: pool.protocolWithdrawal,
    unexplained: pool.protocolWithdrawal - known,
    explanation,
  };
}

function rewardsOf({ poolId, executionReward, uncounted }: PoolEvidence): Clearing {
  const explanation = `${uncounted.count} payments of blocks to the vault that no report has counted yet`;
  const unexplained = executionReward - uncounted.sum;
  return { account: 'pool.execution_reward', owner: poolId, balance: executionReward, unexplained, explanation };
}

const sum = <T>(rows: readonly T[], of: (row: T) => bigint): bigint => rows.reduce((total, row) => total + of(row), 0n);
