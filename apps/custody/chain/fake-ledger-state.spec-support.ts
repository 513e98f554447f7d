import type { ProtocolCredit, NativeTransfer, ValidatorView } from '#chains';
import type { Amount } from '#kernel';

export const GAS_LIMIT = 21_000n;
export const BASE_FEE = 4n;
/** What a quote offers at the usual base fee: room for it to double, and a tip. */
export const MAX_FEE = 10n;
export const PAID_FEE = 7n;
export const priceAt = (baseFee: bigint): bigint => 2n * baseFee + 2n;
export const DEPOSIT_CONTRACT = `0x${'d0'.repeat(20)}`;
export const EXIT_PREDEPLOY = `0x${'e7'.repeat(20)}`;
export const CONSOLIDATION_PREDEPLOY = `0x${'c0'.repeat(20)}`;
export const EXIT_FEE = 1n as Amount;

export interface PooledTransaction {
  readonly hash: string;
  readonly from: string;
  readonly to: string;
  readonly value: Amount;
  readonly nonce: bigint;
  readonly data: string;
  readonly maxFee: bigint;
  readonly reverts: boolean;
}

/** The chain's state after a block: whole and copied, so that a reorg is a step back. */
export class FakeState {
  constructor(
    readonly balances = new Map<string, bigint>(),
    readonly nonces = new Map<string, bigint>(),
    readonly validators = new Map<string, ValidatorView>(),
    public creditIndex = 0n,
  ) {}

  copy(): FakeState {
    return new FakeState(new Map(this.balances), new Map(this.nonces), new Map(this.validators), this.creditIndex);
  }

  balance(address: string): bigint {
    return this.balances.get(address) ?? 0n;
  }

  move(address: string, change: bigint): void {
    const next = this.balance(address) + change;
    if (next < 0n) throw new Error(`fake chain: ${address} would be at ${next}`);
    this.balances.set(address, next);
  }

  /** Null when the sender cannot pay, offers too little or the nonce is not next: the transaction stays in the pool. */
  apply(tx: PooledTransaction, baseFee: bigint): NativeTransfer | null {
    const next = this.nonces.get(tx.from) ?? 0n;
    const external = tx.from.startsWith('0xfa');
    if (!external && (tx.maxFee < baseFee || tx.nonce !== next || this.balance(tx.from) < tx.value + GAS_LIMIT * tx.maxFee)) return null;
    const price = baseFee + PAID_FEE - BASE_FEE;
    const gasCost = (GAS_LIMIT * (price < tx.maxFee ? price : tx.maxFee)) as Amount;
    this.nonces.set(tx.from, next + 1n);
    if (!external) this.move(tx.from, 0n - gasCost);
    if (!tx.reverts && tx.value > 0n) {
      if (!external) this.move(tx.from, 0n - tx.value);
      this.move(tx.to, tx.value);
      if (tx.to === DEPOSIT_CONTRACT) this.queueValidator(tx);
    }
    return { transactionHash: tx.hash, from: tx.from, to: tx.to, value: tx.value, nonce: tx.nonce, gasCost, succeeded: !tx.reverts };
  }

  credit(validatorIndex: bigint, address: string, units: Amount): ProtocolCredit {
    this.move(address, units);
    return { index: this.creditIndex++, validatorIndex, address, amount: units };
  }

  private queueValidator(tx: PooledTransaction): void {
    const known = this.validators.get(tx.data);
    if (known) {
      this.validators.set(tx.data, { ...known, queued: (known.queued + tx.value) as Amount });
      return;
    }
    this.validators.set(tx.data, {
      pubkey: tx.data,
      index: null,
      status: 'deposited',
      slashed: false,
      balance: 0n as Amount,
      withdrawalCredentials: null,
      activationEpoch: null,
      exitEpoch: null,
      withdrawableEpoch: null,
      queued: tx.value,
      effectiveBalance: 0n as Amount,
      pendingPartials: 0n as Amount,
    });
  }
}
