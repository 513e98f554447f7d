import { amount, type Amount } from '#kernel';
import type { Purpose, WalletRole } from '#messages';

/** Everything the policies look at: one chain at one moment, by the books. All amounts in base units. */
export interface PolicyView {
  readonly wallets: readonly PolicyWallet[];
  /** Transactions of the omnibus that wait because it holds too little. */
  readonly omnibusWaits: boolean;
  readonly gasFloat: bigint;
  /** The worst cost of a plain transfer now. */
  readonly transferCost: bigint;
  readonly limits: PolicyLimits;
}
export interface PolicyWallet {
  readonly id: string;
  readonly role: WalletRole;
  /** What is not spoken for; deposits that nobody has cleared are no part of it, so they stay where they are. */
  readonly spendable: bigint;
  /** A transaction of it is under way. */
  readonly busy: boolean;
  /** What a request to the protocol or a higher fee needs that waits because the address holds too little; null: none waits. */
  readonly needs: bigint | null;
  /** Purposes of open transactions that pay into it. */
  readonly expects: readonly Purpose[];
  /** Purposes lately refused for it: not tried again at once. */
  readonly refused: readonly Purpose[];
}
export interface PolicyLimits {
  readonly sweepMin: bigint;
  readonly vaultSweepMin: bigint;
  readonly vaultKeep: bigint;
  readonly floatLow: bigint;
  readonly floatTarget: bigint;
}

export interface PolicyAction {
  readonly purpose: Extract<Purpose, 'sweep' | 'gas_feed' | 'gas_top_up'>;
  readonly fromWalletId: string;
  readonly toWalletId: string;
  /** Null: what the address can spare when it is built. */
  readonly amount: Amount | null;
}

/** A sweep should move several times what it costs; when somebody waits for the coins, that it moves anything is enough. */
const WORTH = 4n;
const WORTH_WHEN_AWAITED = 2n;

/** What custody does of itself: collect what is released, feed addresses that must pay for a request or a higher fee, keep the gas float filled. */
export function decideActions(view: PolicyView): PolicyAction[] {
  const omnibus = view.wallets.find((w) => w.role === 'omnibus');
  if (!omnibus) return [];
  return [...sweeps(view, omnibus), ...feeds(view, omnibus), ...topUp(view, omnibus)];
}

function sweeps(view: PolicyView, omnibus: PolicyWallet): PolicyAction[] {
  const { sweepMin, vaultSweepMin, vaultKeep } = view.limits;
  const worth = (least: bigint): bigint =>
    view.omnibusWaits ? WORTH_WHEN_AWAITED * view.transferCost : larger(least, WORTH * view.transferCost);
  return view.wallets
    .filter((w) => w.role === 'deposit' || w.role === 'vault')
    .filter((w) => !w.busy && !w.refused.includes('sweep') && w.expects.length === 0)
    .filter((w) => (w.role === 'vault' ? w.spendable - vaultKeep > worth(vaultSweepMin) : w.spendable > worth(sweepMin)))
    .map((w) => ({ purpose: 'sweep', fromWalletId: w.id, toWalletId: omnibus.id, amount: null }));
}

function feeds(view: PolicyView, omnibus: PolicyWallet): PolicyAction[] {
  if (omnibus.refused.includes('gas_feed')) return [];
  return view.wallets.flatMap((w) => {
    const own = w.role === 'vault' || w.role === 'deposit'; // the omnibus feeds, and the treasury is the house's
    const missing = own && w.needs !== null && !w.expects.includes('gas_feed') ? w.needs - w.spendable : 0n;
    if (missing <= 0n) return [];
    return [
      {
        purpose: 'gas_feed' as const,
        fromWalletId: omnibus.id,
        toWalletId: w.id,
        amount: amount(w.role === 'vault' ? larger(missing, view.limits.vaultKeep) : missing),
      },
    ];
  });
}

/** As much as is missing, or as much as the treasury has; nothing when that would not be worth its own gas. */
function topUp(view: PolicyView, omnibus: PolicyWallet): PolicyAction[] {
  const treasury = view.wallets.find((w) => w.role === 'treasury');
  if (
    !treasury ||
    view.gasFloat >= view.limits.floatLow ||
    omnibus.expects.includes('gas_top_up') ||
    treasury.refused.includes('gas_top_up')
  )
    return [];
  const affordable = treasury.spendable - WORTH_WHEN_AWAITED * view.transferCost;
  const missing = view.limits.floatTarget - view.gasFloat;
  const units = missing < affordable ? missing : affordable;
  return units > WORTH * view.transferCost
    ? [{ purpose: 'gas_top_up', fromWalletId: treasury.id, toWalletId: omnibus.id, amount: amount(units) }]
    : [];
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
