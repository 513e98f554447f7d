import { decideActions, type PolicyView, type PolicyWallet } from './policies.js';

const wallet = (id: string, role: PolicyWallet['role'], change: Partial<PolicyWallet> = {}): PolicyWallet => ({
  id,
  role,
  spendable: 0n,
  busy: false,
  needs: null,
  expects: [],
  refused: [],
  ...change,
});
const view = (wallets: PolicyWallet[], change: Partial<PolicyView> = {}): PolicyView => ({
  wallets,
  omnibusWaits: false,
  gasFloat: 500n,
  transferCost: 10n,
  limits: { sweepMin: 100n, vaultSweepMin: 200n, vaultKeep: 50n, floatLow: 400n, floatTarget: 1000n },
  ...change,
});
const omnibus = wallet('o', 'omnibus');
const purposes = (v: PolicyView): string[] =>
  decideActions(v).map((a) => `${a.purpose}:${a.fromWalletId}>${a.toWalletId}:${a.amount ?? 'all'}`);

describe('policies', () => {
  it('sweeps what is released and worth it', () => {
    expect(purposes(view([omnibus, wallet('d', 'deposit', { spendable: 101n })]))).toEqual(['sweep:d>o:all']);
    expect(purposes(view([omnibus, wallet('d', 'deposit', { spendable: 100n })]))).toEqual([]);
    expect(purposes(view([omnibus, wallet('d', 'deposit', { spendable: 999n, busy: true })]))).toEqual([]);
    expect(purposes(view([omnibus, wallet('d', 'deposit', { spendable: 999n, refused: ['sweep'] })]))).toEqual([]);
    expect(purposes(view([wallet('d', 'deposit', { spendable: 999n })]))).toEqual([]);
  });

  it('takes small sums too when somebody waits for the coins, but never at a loss', () => {
    expect(purposes(view([omnibus, wallet('d', 'deposit', { spendable: 21n })], { omnibusWaits: true }))).toEqual(['sweep:d>o:all']);
    expect(purposes(view([omnibus, wallet('d', 'deposit', { spendable: 20n })], { omnibusWaits: true }))).toEqual([]);
  });

  it('leaves a vault what its exits may cost', () => {
    expect(purposes(view([omnibus, wallet('v', 'vault', { spendable: 251n })]))).toEqual(['sweep:v>o:all']);
    expect(purposes(view([omnibus, wallet('v', 'vault', { spendable: 250n })]))).toEqual([]);
    expect(purposes(view([omnibus, wallet('v', 'vault', { spendable: 251n, expects: ['gas_feed'] })]))).toEqual([]);
  });

  it('feeds a vault once with what its exit lacks, and no less than it keeps', () => {
    const waiting = { busy: true, needs: 50n };
    expect(purposes(view([omnibus, wallet('v', 'vault', { ...waiting, spendable: 49n })]))).toEqual(['gas_feed:o>v:50']);
    expect(purposes(view([omnibus, wallet('v', 'vault', { ...waiting, needs: 90n })]))).toEqual(['gas_feed:o>v:90']);
    expect(purposes(view([omnibus, wallet('v', 'vault', { ...waiting, spendable: 50n })]))).toEqual([]);
    expect(purposes(view([omnibus, wallet('v', 'vault', { ...waiting, expects: ['gas_feed'] })]))).toEqual([]);
    expect(purposes(view([{ ...omnibus, refused: ['gas_feed'] }, wallet('v', 'vault', waiting)]))).toEqual([]);
  });

  it('fills the float from the treasury, as far as that has it', () => {
    const low = { gasFloat: 399n };
    expect(purposes(view([omnibus, wallet('t', 'treasury', { spendable: 10_000n })], low))).toEqual(['gas_top_up:t>o:601']);
    expect(purposes(view([omnibus, wallet('t', 'treasury', { spendable: 120n })], low))).toEqual(['gas_top_up:t>o:100']);
    expect(purposes(view([omnibus, wallet('t', 'treasury', { spendable: 60n })], low))).toEqual([]);
    expect(purposes(view([omnibus, wallet('t', 'treasury', { spendable: 10_000n })]))).toEqual([]);
    expect(purposes(view([{ ...omnibus, expects: ['gas_top_up'] }, wallet('t', 'treasury', { spendable: 10_000n })], low))).toEqual([]);
  });
});
