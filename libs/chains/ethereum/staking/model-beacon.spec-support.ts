import { bytes32, pubkeyOf } from '../node/fake-nodes.spec-support.js';

/**
 * A beacon chain in miniature, written from consensus-specs (electra) and from nothing of the adapter's: epoch processing (rewards,
 * deposits, consolidations, effective balances, in this order), then the block's withdrawals, then its requests. It also keeps what an
 * observer should find out: what each validator truly earned, was given and was paid, up to each slot. Gwei.
 */
const ETH = 1_000_000_000n;
const [MIN, MAX] = [32n * ETH, 2_048n * ETH];
export const EPOCH = 8;
const DELAY = 8;
const FAR = 2 ** 40;
export const INFINITY_SIGNATURE = `0xc0${'00'.repeat(95)}`;

export interface ModelValidator {
  index: number;
  pubkey: string;
  balance: bigint;
  effective: bigint;
  compounding: boolean;
  slashed: boolean;
  exit: number;
  withdrawable: number;
}
export interface ModelDeposit {
  pubkey: string;
  amount: bigint;
  signature: string;
  slot: number;
  valid: boolean;
}
export interface Truth {
  reward: bigint;
  deposited: bigint;
  in: bigint;
  out: bigint;
  paid: bigint;
}
export interface Snapshot {
  validators: ModelValidator[];
  deposits: ModelDeposit[];
  partials: { index: number; amount: bigint; withdrawable: number }[];
  consolidations: { source: number; target: number }[];
  truth: Record<string, Truth>;
}
export interface ModelBlock {
  slot: number;
  paid: { index: number; amount: bigint }[];
  logged: ModelDeposit[];
}

export class ModelBeacon {
  readonly states: Snapshot[] = [];
  readonly blocks: ModelBlock[] = [{ slot: 0, paid: [], logged: [] }];
  private readonly now: Snapshot = { validators: [], deposits: [], partials: [], consolidations: [], truth: {} };
  private sweep = 0;
  private unused = 0n;

  constructor(
    count: number,
    private readonly random: (below: number) => number,
    /** Keys that are no validators yet. */
    private readonly fresh: string[],
  ) {
    for (let index = 0; index < count; index++) this.register(pubkeyOf(index + 1), MIN + BigInt(random(1_000_000_000)), random(2) === 0);
    for (const pubkey of fresh) this.truthOf(pubkey);
    this.states.push(structuredClone(this.now));
  }

  run(slots: number): void {
    for (let slot = this.states.length; slot <= slots; slot++) {
      if (slot % EPOCH === 0) this.boundary(slot / EPOCH);
      if (this.random(6) > 0) this.block(slot);
      this.states.push(structuredClone(this.now));
    }
  }

  private register(pubkey: string, balance: bigint, compounding: boolean): ModelValidator {
    const whole = balance - (balance % ETH);
    const cap = compounding ? MAX : MIN;
    const effective = whole < cap ? whole : cap;
    const made = {
      index: this.now.validators.length,
      pubkey,
      balance,
      effective,
      compounding,
      slashed: false,
      exit: FAR,
      withdrawable: FAR,
    };
    this.now.validators.push(made);
    this.truthOf(pubkey);
    return made;
  }

  private truthOf(pubkey: string): Truth {
    return (this.now.truth[pubkey] ??= { reward: 0n, deposited: 0n, in: 0n, out: 0n, paid: 0n });
  }

  /** The end of the epoch before `next`. */
  private boundary(next: number): void {
    for (const validator of this.now.validators) {
      if (validator.exit > next - 2 || validator.slashed) this.earn(validator, BigInt(this.random(20_000)) - 4_000n);
    }
    this.applyDeposits(next);
    this.consolidate(next);
    for (const validator of this.now.validators) this.updateEffective(validator);
  }

  private earn(validator: ModelValidator, gwei: bigint): void {
    const change = validator.balance + gwei < 0n ? -validator.balance : gwei;
    validator.balance += change;
    this.truthOf(validator.pubkey).reward += change;
  }

  private applyDeposits(next: number): void {
    const finalised = Math.max(0, next - 3) * EPOCH;
    const available = this.unused + 64n * ETH;
    const postponed: ModelDeposit[] = [];
    let [done, processed, limited] = [0, 0n, false];
    for (const deposit of this.now.deposits) {
      if (deposit.slot > finalised || done >= 16) break;
      const known = this.now.validators.find((validator) => validator.pubkey === deposit.pubkey);
      if (known && known.withdrawable < next) this.applyDeposit(deposit, known);
      else if (known && known.exit < FAR) postponed.push(deposit);
      else {
        limited = processed + deposit.amount > available;
        if (limited) break;
        processed += deposit.amount;
        this.applyDeposit(deposit, known);
      }
      done++;
    }
    this.now.deposits = [...this.now.deposits.slice(done), ...postponed];
    this.unused = limited ? available - processed : 0n;
  }

  private applyDeposit(deposit: ModelDeposit, known: ModelValidator | undefined): void {
    if (!known && !deposit.valid) return; // dropped, money and all
    if (known) known.balance += deposit.amount;
    else this.register(deposit.pubkey, deposit.amount, false);
    if (deposit.signature !== INFINITY_SIGNATURE) this.truthOf(deposit.pubkey).deposited += deposit.amount;
  }

  private consolidate(next: number): void {
    while (this.now.consolidations.length > 0) {
      const [first] = this.now.consolidations;
      const [source, target] = [this.now.validators[first?.source ?? 0], this.now.validators[first?.target ?? 0]];
      if (!source || !target) throw new Error('nobody');
      if (!source.slashed && source.withdrawable > next) return;
      this.now.consolidations.shift();
      if (source.slashed) continue;
      const moved = source.balance < source.effective ? source.balance : source.effective;
      source.balance -= moved;
      target.balance += moved;
      this.truthOf(source.pubkey).out += moved;
      this.truthOf(target.pubkey).in += moved;
    }
  }

  private updateEffective(validator: ModelValidator): void {
    const { balance, effective } = validator;
    if (balance + ETH / 4n >= effective && effective + (ETH * 5n) / 4n >= balance) return;
    const whole = balance - (balance % ETH);
    const cap = validator.compounding ? MAX : MIN;
    validator.effective = whole < cap ? whole : cap;
  }

  private block(slot: number): void {
    const epoch = Math.floor(slot / EPOCH);
    const made: ModelBlock = { slot, paid: this.withdraw(epoch), logged: [] };
    for (let n = this.random(3); n > 0; n--) this.request(slot, epoch, made);
    for (const validator of this.now.validators) if (this.random(10) === 0) this.earn(validator, BigInt(this.random(3_000)) - 500n);
    this.blocks.push(made);
  }

  private withdraw(epoch: number): ModelBlock['paid'] {
    const paid: ModelBlock['paid'] = [];
    const pay = (validator: ModelValidator, amount: bigint): void => {
      validator.balance -= amount;
      this.truthOf(validator.pubkey).paid += amount;
      paid.push({ index: validator.index, amount });
    };
    for (let turn = 0; turn < 2 && (this.now.partials[0]?.withdrawable ?? FAR) <= epoch; turn++) {
      const asked = this.now.partials.shift();
      const validator = this.now.validators[asked?.index ?? 0];
      if (!asked || !validator || validator.exit < FAR || validator.effective < MIN || validator.balance <= MIN) continue;
      pay(validator, validator.balance - MIN < asked.amount ? validator.balance - MIN : asked.amount);
    }
    for (let looked = 0; looked < 16 && paid.length < 4; looked++) {
      const validator = this.now.validators[this.sweep++ % this.now.validators.length];
      if (!validator) continue;
      const cap = validator.compounding ? MAX : MIN;
      if (validator.withdrawable <= epoch && validator.balance > 0n) pay(validator, validator.balance);
      else if (validator.effective === cap && validator.balance > cap) pay(validator, validator.balance - cap);
    }
    return paid;
  }

  /** One thing that somebody asks for; what the protocol would refuse is not done. */
  private request(slot: number, epoch: number, block: ModelBlock): void {
    const any = (): ModelValidator => this.now.validators[this.random(this.now.validators.length)] ?? this.register('', 0n, false);
    const validator = any();
    const staying = validator.exit === FAR;
    const pending = this.now.partials.some((partial) => partial.index === validator.index);
    const leave = (): void => {
      validator.exit = epoch + 5 + this.random(2);
      validator.withdrawable = validator.exit + DELAY;
    };
    switch (this.random(9)) {
      case 0:
      case 1:
        return this.deposit({ pubkey: validator.pubkey, amount: ETH + BigInt(this.random(1_000_000)), signature: pubkeyOf(7) + '11'.repeat(48), slot, valid: false }, block); // prettier-ignore
      case 2:
      case 3: {
        const pubkey = this.fresh[this.random(this.fresh.length)] ?? '';
        return this.deposit({ pubkey, amount: 32n * ETH, signature: '', slot, valid: this.random(2) === 0 }, block);
      }
      case 4:
        if (validator.compounding && staying && validator.balance > MIN) {
          this.now.partials.push({
            index: validator.index,
            amount: BigInt(this.random(2_000_000_000)) + 1n,
            withdrawable: epoch + 5 + DELAY,
          });
        }
        return;
      case 5: {
        const target = any();
        if (target.index === validator.index || !target.compounding || target.exit < FAR || !staying || pending) return;
        leave();
        this.now.consolidations.push({ source: validator.index, target: target.index });
        return;
      }
      case 6:
        return this.switchOver(validator, staying);
      case 7:
        if (staying && !pending) leave();
        return;
      default:
        if (this.random(4) > 0 || validator.slashed || validator.withdrawable <= epoch) return;
        if (staying) leave();
        validator.slashed = true;
        validator.withdrawable = Math.max(validator.withdrawable, epoch + 64);
        this.earn(validator, -(validator.effective / 4_096n));
    }
  }

  private deposit(deposit: ModelDeposit, block: ModelBlock): void {
    this.now.deposits.push(deposit);
    block.logged.push(deposit);
  }

  private switchOver(validator: ModelValidator, staying: boolean): void {
    if (validator.compounding || !staying) return;
    validator.compounding = true;
    if (validator.balance <= MIN) return;
    const amount = validator.balance - MIN;
    validator.balance = MIN;
    this.now.deposits.push({ pubkey: validator.pubkey, amount, signature: INFINITY_SIGNATURE, slot: 0, valid: false });
  }

  /** The last block at or before a slot, by its number. */
  numberAt(slot: number): number {
    return this.blocks.findLastIndex((block) => block.slot <= slot);
  }
}

export const blockHash = (number: number): string => bytes32(number + 1);
