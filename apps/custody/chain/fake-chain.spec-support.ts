import { createHash } from 'node:crypto';
import type {
  Chain,
  ChainBlock,
  ChainReader,
  ChainWriter,
  DecodedTransaction,
  FeeQuote,
  StakingAdapter,
  TransactionStatus,
  ValidatorView,
} from '#chains';
import { amount, ok, refuse, type Amount, type Fault, type Result } from '#kernel';
import { BASE_FEE, FakeState, GAS_LIMIT, priceAt, type PooledTransaction } from './fake-ledger-state.spec-support.js';
import { fakeStaking } from './fake-staking.spec-support.js';

const digest = (...parts: string[]): string => `0x${createHash('sha256').update(parts.join('|')).digest('hex')}`;
const NOBODY = `0x${'00'.repeat(20)}`;
const OUTSIDE = `0x${'fa'.repeat(20)}`;

interface Fields {
  chainId: string;
  nonce: string;
  from: string | null;
  to: string;
  value: string;
  data: string;
  maxFee: string;
}
const encode = (fields: Fields): string => `0x${Buffer.from(JSON.stringify(fields)).toString('hex')}`;
const decodeFields = (bytes: string): Fields => JSON.parse(Buffer.from(bytes.slice(2), 'hex').toString()) as Fields;

/** What the signer would do: the same fields with a sender. */
export const fakeSign = (unsigned: string, from: string, change: Partial<Fields> = {}): { signed: string; hash: string } => {
  const signed = encode({ ...decodeFields(unsigned), from, ...change });
  return { signed, hash: digest('tx', signed) };
};

/**
 * A chain in memory behind the real port: blocks, a pool, finality on command, reorgs, protocol credits, validators. Addresses beginning
 * with 0xfa have all the money in the world; everyone else pays.
 */
export class FakeChain implements Chain {
  readonly name = 'ethereum';
  readonly asset = 'ETH';
  fault: Fault | null = null;
  /** When set, broadcasts time out: the bytes may or may not have arrived. */
  broadcastFault: Fault | null = null;
  readonly broadcasts: string[] = [];
  readonly reverting = new Set<string>();
  /** Raise it, and what was offered before waits in the pool. */
  baseFee = BASE_FEE;
  /** Who is paid by the next block that is mined, and how much; who proposes it. */
  nextBlock: { feeRecipient: string; priorityFees: bigint; proposer: string | null } | null = null;
  private readonly proposers = new Map<string, string>();
  private blocks: { block: ChainBlock; state: FakeState }[] = [];
  private pool: PooledTransaction[] = [];
  private readonly sent = new Map<string, PooledTransaction>();
  private credits: { validatorIndex: bigint; address: string; amount: Amount }[] = [];
  private finalisedNumber = 0;
  private forks = 0;
  private outsideNonce = 0n;

  constructor(private readonly start: Date = new Date('2026-01-05T09:00:00.000Z')) {
    this.blocks.push({ block: this.makeBlock(0, '0x' + '00'.repeat(32), [], []), state: new FakeState() });
  }

  // the outside world

  send(to: string, units: bigint, from = OUTSIDE): string {
    const hash = digest('outside', (this.outsideNonce++).toString());
    this.accept({ hash, from, to, value: amount(units), nonce: this.outsideNonce, data: '0x', maxFee: 0n, reverts: false });
    return hash;
  }

  private accept(tx: PooledTransaction): void {
    this.pool.push(tx);
    this.sent.set(tx.hash, tx);
  }

  /** Changes a balance with no transaction to show for it. */
  conjure(address: string, change: bigint): void {
    this.tip().state.move(address, change);
  }

  protocolCredit(address: string, units: bigint, validatorIndex = 1n): void {
    this.credits.push({ validatorIndex, address, amount: amount(units) });
  }

  mine(count = 1): void {
    for (let i = 0; i < count; i++) {
      const parent = this.tip();
      const state = parent.state.copy();
      const included = this.pool.map((tx) => ({ tx, transfer: state.apply(tx, this.baseFee) }));
      this.pool = included.filter((i) => i.transfer === null).map((i) => i.tx);
      const transfers = included.flatMap((i) => (i.transfer ? [i.transfer] : []));
      const credits = this.credits.splice(0).map((c) => state.credit(c.validatorIndex, c.address, c.amount));
      const paid = this.nextBlock ?? { feeRecipient: NOBODY, priorityFees: 0n, proposer: null };
      this.nextBlock = null;
      if (paid.priorityFees > 0n) state.move(paid.feeRecipient, paid.priorityFees);
      const block = this.makeBlock(this.blocks.length, parent.block.hash, transfers, credits, paid);
      if (paid.proposer !== null) this.proposers.set(block.hash, paid.proposer);
      this.blocks.push({ block, state });
    }
  }

  finalise(number = this.blocks.length - 1): void {
    this.finalisedNumber = number;
  }

  mineAndFinalise(count = 1): void {
    this.mine(count);
    this.finalise();
  }

  /** Takes the last blocks away; their transactions are gone, or back in the pool. */
  reorg(depth: number, transactions: 'lost' | 'pooled' = 'lost'): void {
    this.forks++;
    const gone = this.blocks.splice(this.blocks.length - depth).flatMap(({ block }) => block.transfers.map((t) => t.transactionHash));
    if (transactions === 'pooled') this.pool.unshift(...gone.flatMap((hash) => this.sent.get(hash) ?? []));
    if (this.finalisedNumber > this.blocks.length - 1) this.finalisedNumber = this.blocks.length - 1;
  }

  forgetPool(): void {
    this.pool = [];
  }

  setValidator(pubkey: string, change: Partial<ValidatorView>): void {
    const { state } = this.tip();
    const known = state.validators.get(pubkey);
    if (!known) throw new Error(`fake chain: no validator ${pubkey}`);
    state.validators.set(pubkey, { ...known, ...change });
  }

  poolSize(): number {
    return this.pool.length;
  }

  balanceAtHead(address: string): bigint {
    return this.tip().state.balance(address);
  }

  // the port

  readonly reader: ChainReader = {
    check: () => (this.fault ? Promise.reject(this.fault) : Promise.resolve()),
    head: () => Promise.resolve(this.tip().block),
    finalised: () => Promise.resolve(this.at(this.finalisedNumber).block),
    block: (number) => (this.fault ? Promise.reject(this.fault) : Promise.resolve(this.at(Number(number)).block)),
    blockHash: (number) => Promise.resolve(this.blocks[Number(number)]?.block.hash ?? null),
    balance: (address, number) => Promise.resolve(amount(this.at(Number(number)).state.balance(address))),
    parseAddress: (text): Result<string> => {
      if (!/^0x[0-9a-fA-F]{40}$/.test(text)) return refuse('address.malformed', 'Not an address.');
      const canonical = text.toLowerCase();
      return text === canonical || text === this.reader.displayAddress(canonical)
        ? ok(canonical)
        : refuse('address.checksum', 'The checksum is wrong.');
    },
    displayAddress: (address) => '0x' + address.slice(2).toUpperCase(), // stands for EIP-55: mixed case carries the checksum
  };

  readonly writer: ChainWriter = {
    chainId: 31_337n,
    quoteFee: () => Promise.resolve(priced(priceAt(this.baseFee))),
    bumpFee: (_plan, previous) => {
      const [least, present] = [(previous.maxFeePerGas * 9n + 7n) / 8n, priceAt(this.baseFee)];
      return Promise.resolve(priced(present > least ? present : least));
    },
    finalisedNonce: (address) => Promise.resolve(this.at(this.finalisedNumber).state.nonces.get(address) ?? 0n),
    nextNonce: (address) => Promise.resolve(this.tip().state.nonces.get(address) ?? 0n),
    build: (plan, nonce, fee) => {
      const { to, value, data } = plan;
      const maxFee = fee.maxFeePerGas.toString();
      return encode({ chainId: '31337', nonce: nonce.toString(), from: null, to, value: value.toString(), data, maxFee });
    },
    decode: (bytes): Result<DecodedTransaction> => {
      const f = decodeFields(bytes);
      const hash = f.from === null ? null : digest('tx', bytes);
      const fields = {
        chainId: BigInt(f.chainId),
        nonce: BigInt(f.nonce),
        to: f.to,
        value: amount(BigInt(f.value)),
        data: f.data,
        from: f.from,
        hash,
      };
      return ok({ ...fields, worstCost: amount(GAS_LIMIT * BigInt(f.maxFee)) });
    },
    broadcast: (signed) => {
      this.broadcasts.push(signed);
      const f = decodeFields(signed);
      const hash = digest('tx', signed);
      if (f.from === null) return Promise.resolve(refuse('transaction.undecodable', 'Not signed.'));
      if (BigInt(f.nonce) < (this.tip().state.nonces.get(f.from) ?? 0n))
        return Promise.resolve(refuse('transaction.nonce_used', 'The nonce is used.'));
      if (!this.pool.some((tx) => tx.hash === hash)) {
        const rival = this.pool.findIndex((tx) => tx.from === f.from && tx.nonce === BigInt(f.nonce));
        // a pool takes another transaction under a nonce only when it offers a tenth more
        if (rival >= 0 && BigInt(f.maxFee) * 10n < (this.pool[rival]?.maxFee ?? 0n) * 11n)
          return Promise.resolve(refuse('transaction.underpriced', 'The replacement offers too little.'));
        if (rival >= 0) this.pool.splice(rival, 1);
        this.accept({
          maxFee: BigInt(f.maxFee),
          hash,
          from: f.from,
          to: f.to,
          value: amount(BigInt(f.value)),
          nonce: BigInt(f.nonce),
          data: f.data,
          reverts: this.reverting.has(f.to),
        });
      }
      return this.broadcastFault ? Promise.reject(this.broadcastFault) : Promise.resolve(ok(hash));
    },
    status: (hash): Promise<TransactionStatus> => {
      for (const { block } of this.blocks) {
        const found = block.transfers.find((t) => t.transactionHash === hash);
        if (found) return Promise.resolve({ state: 'included', block, succeeded: found.succeeded, gasCost: found.gasCost });
      }
      return Promise.resolve({ state: this.pool.some((tx) => tx.hash === hash) ? 'pending' : 'unknown' });
    },
  };

  readonly staking: StakingAdapter = fakeStaking({
    tip: () => this.tip(),
    finalised: () => this.at(this.finalisedNumber),
    between: (from, to) => this.blocks.slice(Number(from), Number(to) + 1),
    proposerOf: (hash) => this.proposers.get(hash) ?? null,
  });

  private tip(): { block: ChainBlock; state: FakeState } {
    return this.at(this.blocks.length - 1);
  }

  private at(number: number): { block: ChainBlock; state: FakeState } {
    const found = this.blocks[number];
    if (!found) throw new Error(`fake chain: no block ${number}`);
    return found;
  }

  private makeBlock(
    number: number,
    parentHash: string,
    transfers: ChainBlock['transfers'],
    credits: ChainBlock['credits'],
    paid: { feeRecipient: string; priorityFees: bigint } = { feeRecipient: NOBODY, priorityFees: 0n },
  ): ChainBlock {
    const time = new Date(this.start.getTime() + number * 12_000);
    return {
      number: BigInt(number),
      hash: digest('block', parentHash, String(number), String(this.forks)),
      parentHash,
      time,
      feeRecipient: paid.feeRecipient,
      priorityFees: amount(paid.priorityFees),
      transfers,
      credits,
    };
  }
}

const priced = (maxFeePerGas: bigint): FeeQuote => ({
  gasLimit: GAS_LIMIT,
  maxFeePerGas,
  maxPriorityFeePerGas: 1n,
  worstCost: amount(GAS_LIMIT * maxFeePerGas),
});
