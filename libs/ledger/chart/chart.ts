/**
 * The chart: every kind of account and every kind of transfer there is. It is data, and the one place: the migration's SQL rows and the
 * TypeScript types both come from here.
 *
 * Balance = credits − debits. What we owe (clients, pools, fees) has a balance ≥ 0: floor 0. What we hold (wallets, validators) has a
 * balance ≤ 0: ceiling 0, so a wallet cannot give what it does not have. What changes only a client's state stays on the liability
 * side, what moves between addresses and validators stays on the asset side; only deposits, withdrawals, rewards, losses, gas and fees
 * cross. No transfer ever crosses legal entities: house and trust meet in two transfers of one group, so each entity's own books sum
 * to zero by construction.
 */
import type { RoomName } from '#messages';

export const entities = { client_trust: 1, house: 2 } as const;
export type Entity = keyof typeof entities;

/** What an account belongs to: a client (uuid), a pool (id), a wallet (uuid), a validator (pubkey), a chain (name), a payout run (uuid) or an operator (id). */
export type OwnerType = 'client' | 'pool' | 'wallet' | 'validator' | 'chain' | 'run' | 'operator';

export interface AccountKind {
  readonly code: number;
  readonly entity: Entity;
  readonly owner: OwnerType;
  /** liability: floor 0 · holding: ceiling 0 · memo kinds: as their side says. */
  readonly side: 'liability' | 'holding';
  /** `native` money or `share` assets. */
  readonly asset: 'native' | 'share';
  /** Explains the account in reports and docs. */
  readonly meaning: string;
  /**
   * Over how many rows an account of the kind is spread, beside its main one, so that movements in its safe direction (credits of a
   * liability, debits of a holding) do not queue on each other. For accounts that many transactions share and nobody locks otherwise.
   */
  readonly stripes?: number;
}

const trust = (
  code: number,
  owner: OwnerType,
  side: AccountKind['side'],
  meaning: string,
  asset: AccountKind['asset'] = 'native',
): AccountKind => ({
  code,
  entity: 'client_trust',
  owner,
  side,
  asset,
  meaning,
});
const house = (code: number, owner: OwnerType, side: AccountKind['side'], meaning: string): AccountKind => ({
  code,
  entity: 'house',
  owner,
  side,
  asset: 'native',
  meaning,
});

const striped = (stripes: number, kind: AccountKind): AccountKind => ({ ...kind, stripes });

export const accountKinds = {
  // what we owe a client
  'client.available': trust(1, 'client', 'liability', 'free to stake or withdraw'),
  'client.reserved': trust(2, 'client', 'liability', 'set aside for an accepted order or withdrawal'),
  'client.staking': trust(3, 'client', 'liability', 'on its way into a validator, not yet earning'),
  'client.unbonding': trust(4, 'client', 'liability', 'out of the pool at a fixed rate, not yet free'),
  'client.rewards': trust(5, 'client', 'liability', 'earned and settled, not yet paid out'),
  'client.suspense': trust(6, 'client', 'liability', 'arrived, not yet cleared'),
  // what we owe a pool
  'pool.staked': trust(10, 'pool', 'liability', 'A: the assets that the shares of the pool claim'),
  'pool.rewards_payable': trust(11, 'pool', 'liability', 'net rewards of the pool not yet settled to holders'),
  'pool.protocol_withdrawal': trust(
    12,
    'pool',
    'liability',
    'arrived at the vault from the protocol, not yet classified by a report (clearing)',
  ),
  'pool.loss_carried': trust(13, 'pool', 'holding', 'losses waiting for later rewards'),
  // the three fee accounts are shared by every pool of a chain; a pool's own accounts are written under the pool's lock anyway
  'trust.fee_payable': striped(8, trust(14, 'chain', 'liability', 'commission owed to the house, not yet swept')),
  'trust.gas_float': trust(15, 'chain', 'liability', 'gas money irrevocably given by the house'),
  'trust.gas_reserved': trust(16, 'chain', 'liability', 'gas set aside for transactions under way (clearing)'),
  'trust.unattributed': trust(17, 'chain', 'liability', 'arrived at an address of ours with no client to credit'),
  'pool.execution_reward': trust(
    18,
    'pool',
    'liability',
    'priority fees and MEV that arrived at the vault, not yet counted by a report (clearing)',
  ),
  'pool.exits_payable': trust(19, 'pool', 'liability', 'set aside for exits whose rate is final, not yet credited one by one (clearing)'),
  'pool.instant_buffer': trust(20, 'pool', 'liability', 'given irrevocably to pay instant exits from'),
  'pool.recovery': trust(21, 'pool', 'liability', 'recovered or reimbursed, to be distributed to those who held at the loss'),
  // what bears a loss before the rate of a pool does, given irrevocably
  'cover.operator_bond': trust(22, 'operator', 'liability', 'bond of an operator, first to bear its losses'),
  'cover.fund': trust(23, 'chain', 'liability', 'cover fund of a chain, second'),
  'cover.first_loss': trust(24, 'chain', 'liability', 'what the treasury put in to bear losses, third'),
  // what we hold
  'trust.wallet': trust(30, 'wallet', 'holding', 'coins at an address of ours'),
  'pool.bonding': trust(31, 'pool', 'holding', 'sent to the deposit contract, not yet an active validator (clearing)'),
  'stake.validator': trust(32, 'validator', 'holding', 'balance of a validator as of the last report'),
  // what is collected and may be paid: a memo pair beside the money, its floor is the guard
  'pool.collected': trust(40, 'pool', 'liability', 'rewards in our hands, payable (memo)'),
  'pool.collected_contra': trust(41, 'pool', 'holding', 'counterpart of pool.collected (memo)'),
  'run.clearing': trust(42, 'run', 'liability', 'set aside for one payout run; ends at zero (memo, clearing)'),
  // shares
  'client.shares': trust(50, 'client', 'liability', 'shares that earn', 'share'),
  'client.shares_locked': trust(51, 'client', 'liability', 'shares of an accepted exit', 'share'),
  'pool.share_issue': trust(52, 'pool', 'holding', 'S: all shares issued', 'share'),
  'pool.instant_shares': trust(53, 'pool', 'liability', 'shares that the instant buffer paid for, waiting in the exit queue', 'share'),
  // the house
  'house.wallet': house(60, 'wallet', 'holding', 'coins of the house'),
  'house.capital': house(61, 'chain', 'liability', 'what the house brought in'),
  'house.gas_expense': house(62, 'chain', 'holding', 'gas paid or given to the float'),
  'house.fee_receivable': striped(8, house(63, 'chain', 'holding', 'commission the trust owes the house')),
  'house.fee_income': striped(8, house(64, 'chain', 'liability', 'commission earned')),
} as const satisfies Record<string, AccountKind>;
export type AccountKindName = keyof typeof accountKinds;

/** What a hold on a client can stop. A kind names at most one; the hold mask sits on each balance row. */
export const holdScopes = { deposit: 1, stake: 2, unstake: 4, withdraw: 8, payout: 16 } as const;
export type HoldScope = keyof typeof holdScopes;

export interface TransferKind {
  readonly code: number;
  readonly debit: AccountKindName;
  readonly credit: AccountKindName;
  /** The only room that may post it. */
  readonly role: RoomName;
  readonly hold?: HoldScope;
  /** Where trust and house meet; such kinds are posted as a group with their counterpart. */
  readonly crossing?: 'fee' | 'top_up';
  /**
   * Whether a posting may be taken back by reverse(). Only what people or a report judged: whose an arrival is, what the house took or brought in. Never
   * what the chain did, never what has an opposite kind of its own, never what a client was paid or given for use.
   */
  readonly reversible?: true;
}

const kind = (
  code: number,
  role: RoomName,
  debit: AccountKindName,
  credit: AccountKindName,
  more: Pick<TransferKind, 'hold' | 'crossing' | 'reversible'> = {},
): TransferKind => ({
  code,
  role,
  debit,
  credit,
  ...more,
});

export const transferKinds = {
  // custody
  'deposit.receive': kind(1, 'custody', 'trust.wallet', 'client.suspense', { reversible: true }),
  'deposit.release': kind(2, 'custody', 'client.suspense', 'client.available', { hold: 'deposit' }),
  'deposit.unattributed': kind(3, 'custody', 'trust.wallet', 'trust.unattributed', { reversible: true }),
  'wallet.sweep': kind(4, 'custody', 'trust.wallet', 'trust.wallet'),
  'gas.reserve': kind(5, 'custody', 'trust.gas_float', 'trust.gas_reserved'),
  'gas.spend': kind(6, 'custody', 'trust.gas_reserved', 'trust.wallet'),
  'gas.release': kind(7, 'custody', 'trust.gas_reserved', 'trust.gas_float'),
  'withdrawal.reserve': kind(8, 'custody', 'client.available', 'client.reserved', { hold: 'withdraw' }),
  'withdrawal.return': kind(9, 'custody', 'client.reserved', 'client.available'),
  'withdrawal.settle': kind(10, 'custody', 'client.reserved', 'trust.wallet'),
  'stake.send': kind(11, 'custody', 'pool.bonding', 'trust.wallet'),
  'protocol.withdraw': kind(12, 'custody', 'trust.wallet', 'pool.protocol_withdrawal', { reversible: true }),
  'fee.sweep': kind(13, 'custody', 'trust.fee_payable', 'trust.wallet', { crossing: 'fee' }),
  'gas.top_up': kind(14, 'custody', 'trust.wallet', 'trust.gas_float', { crossing: 'top_up' }),
  'execution.receive': kind(15, 'custody', 'trust.wallet', 'pool.execution_reward', { reversible: true }),
  // custody, for the house
  'house.fund': kind(20, 'custody', 'house.wallet', 'house.capital', { reversible: true }),
  'house.gas': kind(21, 'custody', 'house.gas_expense', 'house.wallet'),
  'house.top_up': kind(22, 'custody', 'house.gas_expense', 'house.wallet', { crossing: 'top_up' }),
  'house.fee_receive': kind(23, 'custody', 'house.wallet', 'house.fee_receivable', { crossing: 'fee' }),
  // staking: entries
  'stake.reserve': kind(30, 'staking', 'client.available', 'client.reserved', { hold: 'stake' }),
  'stake.return': kind(31, 'staking', 'client.reserved', 'client.available'),
  'stake.submit': kind(32, 'staking', 'client.reserved', 'client.staking'),
  'stake.fail': kind(33, 'staking', 'client.staking', 'client.available'),
  'validator.activate': kind(34, 'staking', 'stake.validator', 'pool.bonding'),
  'stake.mint': kind(35, 'staking', 'client.staking', 'pool.staked'),
  'share.mint': kind(36, 'staking', 'pool.share_issue', 'client.shares'),
  // staking: exits
  'share.lock': kind(40, 'staking', 'client.shares', 'client.shares_locked', { hold: 'unstake' }),
  'share.unlock': kind(41, 'staking', 'client.shares_locked', 'client.shares'),
  'share.burn': kind(42, 'staking', 'client.shares_locked', 'pool.share_issue'),
  'exit.finalise': kind(43, 'staking', 'pool.staked', 'client.unbonding'),
  'exit.settle': kind(44, 'staking', 'client.unbonding', 'client.available'),
  // staking: reports
  'reward.accrue': kind(50, 'staking', 'stake.validator', 'pool.rewards_payable'),
  'reward.commission': kind(51, 'staking', 'stake.validator', 'trust.fee_payable', { crossing: 'fee', reversible: true }),
  'house.fee_accrue': kind(52, 'staking', 'house.fee_receivable', 'house.fee_income', { crossing: 'fee', reversible: true }),
  'reward.loss': kind(53, 'staking', 'pool.loss_carried', 'stake.validator'),
  'reward.recover': kind(54, 'staking', 'stake.validator', 'pool.loss_carried'),
  'validator.collect': kind(55, 'staking', 'pool.protocol_withdrawal', 'stake.validator'),
  'reward.collect': kind(56, 'staking', 'pool.collected_contra', 'pool.collected'),
  'reward.settle': kind(57, 'staking', 'pool.rewards_payable', 'client.rewards'),
  'fee.draw': kind(58, 'staking', 'pool.collected', 'pool.collected_contra'),
  'execution.accrue': kind(70, 'staking', 'pool.execution_reward', 'pool.rewards_payable'),
  'execution.commission': kind(71, 'staking', 'pool.execution_reward', 'trust.fee_payable', { crossing: 'fee', reversible: true }),
  'execution.recover': kind(72, 'staking', 'pool.execution_reward', 'pool.loss_carried'),
  // staking: one validator of a pool merged into another
  'validator.consolidate': kind(73, 'staking', 'stake.validator', 'stake.validator'),
  // staking: stake on a key that is not ours, made good from what the house gave for gas
  'validator.cover': kind(74, 'staking', 'trust.gas_float', 'stake.validator'),
  // custody: what arrived with no client to credit, once people have said whose it is
  'unattributed.to_client': kind(80, 'custody', 'trust.unattributed', 'client.suspense', { reversible: true }),
  'unattributed.to_pool': kind(81, 'custody', 'trust.unattributed', 'pool.execution_reward', { reversible: true }),
  'unattributed.return': kind(82, 'custody', 'trust.unattributed', 'trust.wallet'),
  'unattributed.to_recovery': kind(83, 'custody', 'trust.unattributed', 'pool.recovery', { reversible: true }),
  'unattributed.to_operator_bond': kind(84, 'custody', 'trust.unattributed', 'cover.operator_bond', { reversible: true }),
  'unattributed.to_cover_fund': kind(85, 'custody', 'trust.unattributed', 'cover.fund', { reversible: true }),
  'unattributed.to_first_loss': kind(86, 'custody', 'trust.unattributed', 'cover.first_loss', { reversible: true }),
  'unattributed.to_instant_buffer': kind(87, 'custody', 'trust.unattributed', 'pool.instant_buffer', { reversible: true }),
  // staking: pools whose rewards raise the rate
  'reward.compound': kind(90, 'staking', 'stake.validator', 'pool.staked'),
  'execution.compound': kind(91, 'staking', 'pool.execution_reward', 'pool.staked'),
  // staking: what a client's tier gives back of the commission in such a pool
  'rebate.pay': kind(92, 'staking', 'pool.rewards_payable', 'client.available', { hold: 'payout' }),
  // staking: those who enter pay those who leave, with nothing on chain
  'stake.net': kind(93, 'staking', 'client.reserved', 'pool.staked'),
  // staking: exits by range, then one by one
  'exit.set_aside': kind(94, 'staking', 'pool.staked', 'pool.exits_payable'),
  'exit.pay': kind(95, 'staking', 'pool.exits_payable', 'client.available'),
  'exit.surplus': kind(96, 'staking', 'pool.exits_payable', 'pool.staked'),
  // staking: of a loss that is carried, what those who leave have borne leaves with them
  'loss.leave': kind(97, 'staking', 'pool.staked', 'pool.loss_carried'),
  // staking: instant exits
  'instant.take': kind(100, 'staking', 'client.shares', 'pool.instant_shares', { hold: 'unstake' }),
  'instant.pay': kind(101, 'staking', 'pool.instant_buffer', 'client.available', { hold: 'unstake' }),
  'instant.burn': kind(102, 'staking', 'pool.instant_shares', 'pool.share_issue'),
  'instant.refill': kind(103, 'staking', 'pool.exits_payable', 'pool.instant_buffer'),
  // staking: what bears a loss before the pool, in this order; a journal a step
  'cover.bond_loss': kind(110, 'staking', 'cover.operator_bond', 'stake.validator'),
  'cover.fund_loss': kind(111, 'staking', 'cover.fund', 'stake.validator'),
  'cover.first_loss_taken': kind(112, 'staking', 'cover.first_loss', 'stake.validator'),
  // staking: reimbursement of a loss that the pool bore, and its distribution to those who held at it
  'recovery.of_bond': kind(113, 'staking', 'cover.operator_bond', 'pool.recovery'),
  'recovery.of_fund': kind(114, 'staking', 'cover.fund', 'pool.recovery'),
  'recovery.of_first_loss': kind(115, 'staking', 'cover.first_loss', 'pool.recovery'),
  'recovery.pay': kind(116, 'staking', 'pool.recovery', 'client.available', { hold: 'payout' }),
  // rewards
  'payout.fund': kind(60, 'rewards', 'pool.collected', 'run.clearing'),
  'payout.pay': kind(61, 'rewards', 'client.rewards', 'client.available', { hold: 'payout' }),
  'payout.draw': kind(62, 'rewards', 'run.clearing', 'pool.collected_contra'),
  'payout.return': kind(63, 'rewards', 'run.clearing', 'pool.collected'),
} as const satisfies Record<string, TransferKind>;
export type TransferKindName = keyof typeof transferKinds;
