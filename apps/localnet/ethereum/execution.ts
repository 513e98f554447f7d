/** The execution side: what a block of anvil's is, with all that anvil leaves out of it (system calls, withdrawals). */
import { hoodiGenesis } from '@ethereumjs/genesis/hoodi';
import type { capella, electra } from '@lodestar/types';
import { Anvil } from './anvil.js';
import type { AnvilOptions } from './anvil.js';
import { nextBaseFee } from './base-fee.js';
import { BLOCK_HASH_HISTORY, CONSOLIDATION_REQUESTS, DEPOSIT_CONTRACT, GWEI, SYSTEM_ADDRESS, WITHDRAWAL_REQUESTS } from './config.js';
import { BUILDER_ADDRESS, FAUCET_ADDRESS, FAUCET_FUNDS_WEI } from './faucet.js';
import { toHex, toQuantity } from './hex.js';
import type { Hex } from './hex.js';
import { DEPOSIT_EVENT, decodeConsolidationRequests, decodeDeposit, decodeWithdrawalRequests } from './requests.js';

/** By address: a balance, or balance, code and storage. */
const HOODI_ACCOUNTS = hoodiGenesis as Readonly<Record<string, string | readonly [Hex, Hex, readonly (readonly [Hex, Hex])[]]>>;
const ZERO_WORD = `0x${'0'.repeat(64)}`;
const SYSTEM_CALL_GAS = toQuantity(30_000_000);

/** An execution block as JSON-RPC writes it, transactions by hash. */
export interface ExecutionBlock {
  readonly number: Hex;
  readonly hash: Hex;
  readonly parentHash: Hex;
  readonly timestamp: Hex;
  readonly stateRoot: Hex;
  readonly receiptsRoot: Hex;
  readonly logsBloom: Hex;
  readonly miner: Hex;
  readonly gasLimit: Hex;
  readonly gasUsed: Hex;
  readonly extraData: Hex;
  readonly baseFeePerGas: Hex;
  readonly transactions: readonly Hex[];
}

export interface MinedBlock {
  readonly block: ExecutionBlock;
  /** Signed transactions, in block order. */
  readonly transactions: readonly Hex[];
  readonly requests: electra.ExecutionRequests;
}

/** What a block is to be. */
export interface BlockOrder {
  /** Unix seconds. */
  readonly timestamp: number;
  readonly feeRecipient: Hex;
  readonly gasLimit: number;
  /** Wei. */
  readonly baseFeePerGas: bigint;
}

interface StateDiff {
  readonly pre: Readonly<Record<string, { readonly storage?: Readonly<Record<string, string>> }>>;
  readonly post: Readonly<Record<string, { readonly storage?: Readonly<Record<string, string>> }>>;
}

export class Execution {
  /** What anvil was last told, so that it is told again only of what changes. */
  #feeRecipient: Hex | null = null;
  #gasLimit = 0;

  private constructor(readonly anvil: Anvil) {}

  /** An empty chain, or the one `options.dump` holds. Everything is deterministic: the same blocks made again have the same hashes. */
  static async start(options: AnvilOptions & { readonly builderEther: number }): Promise<Execution> {
    const execution = new Execution(await Anvil.start(options));
    if (!options.dump) await execution.#prepareGenesis(options.builderEther);
    return execution;
  }

  /**
   * What anvil's own genesis lacks: code and storage of the deposit contract (31 slots of zero hashes) and the two request contracts, whose
   * slot 0 stays 0 (its value at genesis would inhibit requests); and the funds of faucet and builder. The EIP-2935 contract goes: anvil computes
   * storage roots from scratch, and 8,191 slots more would make every block ten times slower.
   */
  async #prepareGenesis(builderEther: number): Promise<void> {
    for (const address of [DEPOSIT_CONTRACT, WITHDRAWAL_REQUESTS, CONSOLIDATION_REQUESTS]) {
      const account = Object.entries(HOODI_ACCOUNTS).find(([key]) => key.toLowerCase().endsWith(address.slice(2)))?.[1];
      if (account === undefined || typeof account === 'string') throw new Error(`no genesis account ${address}`);
      const [, code, storage] = account;
      await this.anvil.call('anvil_setCode', address, code);
      if (address !== DEPOSIT_CONTRACT) continue;
      for (const [slot, value] of storage) await this.anvil.call('anvil_setStorageAt', address, slot, value);
    }
    await this.anvil.call('anvil_setCode', BLOCK_HASH_HISTORY, '0x');
    await this.anvil.call('anvil_setBalance', FAUCET_ADDRESS, toQuantity(FAUCET_FUNDS_WEI));
    if (builderEther > 0) await this.anvil.call('anvil_setBalance', BUILDER_ADDRESS, toQuantity(BigInt(builderEther) * 10n ** 18n));
  }

  latest(): Promise<ExecutionBlock> {
    return this.anvil.call<ExecutionBlock>('eth_getBlockByNumber', 'latest', false);
  }

  /** The base fee of a block on top of the last one, by the rule of EIP-1559. */
  async nextBaseFee(): Promise<bigint> {
    return nextBaseFee(await this.latest());
  }
  /** Sets the base fee of the next block, which the pool also goes by. */
  async setBaseFee(wei: bigint): Promise<void> {
    await this.anvil.call('anvil_setNextBlockBaseFeePerGas', toQuantity(wei));
  }

  /** Mines one block of what waits in the pool, and makes the system calls of its end. */
  async mine({ timestamp, feeRecipient, gasLimit, baseFeePerGas }: BlockOrder): Promise<MinedBlock> {
    if (feeRecipient !== this.#feeRecipient) await this.anvil.call('anvil_setCoinbase', feeRecipient);
    this.#feeRecipient = feeRecipient;
    if (gasLimit !== this.#gasLimit) await this.anvil.call('evm_setBlockGasLimit', toQuantity(gasLimit));
    this.#gasLimit = gasLimit;
    await this.setBaseFee(baseFeePerGas);
    await this.anvil.call('evm_mine', { timestamp });
    const [block, logs, ...queues] = (await this.anvil.batch([
      ['eth_getBlockByNumber', 'latest', false],
      ['eth_getLogs', { fromBlock: 'latest', toBlock: 'latest', address: DEPOSIT_CONTRACT, topics: [DEPOSIT_EVENT] }],
      ...[WITHDRAWAL_REQUESTS, CONSOLIDATION_REQUESTS].flatMap((address) =>
        ['0x0', '0x1'].map((slot) => ['eth_getStorageAt', address, slot, 'latest'] as const),
      ),
    ])) as [ExecutionBlock, { data: Hex }[], ...Hex[]];
    if (Number(block.timestamp) !== timestamp || BigInt(block.baseFeePerGas) !== baseFeePerGas)
      throw new Error(`anvil made a block of time ${Number(block.timestamp)}, base fee ${block.baseFeePerGas}, not as told`);
    // Slot 0 is the excess, slot 1 the count of this block: with both at zero the system call would change nothing.
    const [withdrawalExcess = '0x0', withdrawalCount = '0x0', consolidationExcess = '0x0', consolidationCount = '0x0'] = queues;
    const idle = (...words: Hex[]): boolean => words.every((word) => BigInt(word) === 0n);
    const withdrawals = idle(withdrawalExcess, withdrawalCount) ? '0x' : await this.#dequeue(WITHDRAWAL_REQUESTS);
    const consolidations = idle(consolidationExcess, consolidationCount) ? '0x' : await this.#dequeue(CONSOLIDATION_REQUESTS);
    return {
      block,
      transactions: await this.rawTransactions(block.transactions),
      requests: {
        deposits: logs.map((log) => decodeDeposit(log.data)),
        withdrawals: decodeWithdrawalRequests(withdrawals),
        consolidations: decodeConsolidationRequests(consolidations),
      },
    };
  }

  /** Makes a block of the past once more, at the same place of the chain. Throws unless it comes out with the same hash. */
  async remake(payload: electra.ExecutionPayload): Promise<void> {
    await this.setBaseFee(payload.baseFeePerGas);
    for (const raw of payload.transactions) await this.anvil.call('eth_sendRawTransaction', toHex(raw));
    const { timestamp, gasLimit, baseFeePerGas } = payload;
    const { block } = await this.mine({ timestamp, gasLimit, baseFeePerGas, feeRecipient: toHex(payload.feeRecipient) });
    const expected = toHex(payload.blockHash);
    if (block.hash !== expected) throw new Error(`block ${payload.blockNumber} came out as ${block.hash} instead of ${expected}`);
    await this.credit(payload.withdrawals);
  }

  /** Signed bytes of transactions in blocks or in the pool. */
  async rawTransactions(hashes: readonly Hex[]): Promise<Hex[]> {
    return (await this.anvil.batch(hashes.map((hash) => ['eth_getRawTransactionByHash', hash]))) as Hex[];
  }

  /** Hashes of what waits in the pool, each sender's in order of nonce. */
  async pool(): Promise<Hex[]> {
    const content = await this.anvil.call<Record<'pending' | 'queued', Record<string, Record<string, { hash: Hex }>>>>('txpool_content');
    return [content.pending, content.queued]
      .flatMap((senders) => Object.values(senders))
      .flatMap((byNonce) => Object.entries(byNonce).sort(([a], [b]) => Number(a) - Number(b)))
      .map(([, transaction]) => transaction.hash);
  }

  /**
   * The system call at the end of a block, which anvil does not make. The contract's own code decides what is dequeued (eth_call) and which
   * slots change (a trace); the changes are written as state of the block just mined, so that no strange transaction appears in it.
   */
  async #dequeue(address: Hex): Promise<Hex> {
    const call = { from: SYSTEM_ADDRESS, to: address, gas: SYSTEM_CALL_GAS };
    const [dequeued, diff] = (await this.anvil.batch([
      ['eth_call', call, 'latest'],
      ['debug_traceCall', call, 'latest', { tracer: 'prestateTracer', tracerConfig: { diffMode: true } }],
    ])) as [Hex, StateDiff];
    const before = diff.pre[address]?.storage ?? {};
    const after = diff.post[address]?.storage ?? {};
    // A slot that becomes zero is named in `pre` only.
    for (const slot of new Set([...Object.keys(before), ...Object.keys(after)])) {
      await this.anvil.call('anvil_setStorageAt', address, slot, after[slot] ?? ZERO_WORD);
    }
    return dequeued;
  }

  /** Withdrawals (Gwei) are balance changes at the end of the block just mined, not transactions (EIP-4895). */
  async credit(withdrawals: readonly capella.Withdrawal[]): Promise<void> {
    for (const { address, amount } of withdrawals) {
      await this.anvil.call('anvil_addBalance', toHex(address), toQuantity(amount * GWEI));
    }
  }

  /** Undoes the last blocks with everything in them; their transactions do not go back to the pool. */
  async undo(blocks: number): Promise<void> {
    if (blocks <= 0) return;
    await this.anvil.call('anvil_rollback', blocks);
    await this.setBaseFee(await this.nextBaseFee()); // anvil keeps that of the block undone
  }
}
