/**
 * Transactions that the base fee has outrun. A node keeps them until it falls; anvil refuses them, or forgets them with the next block. So
 * they wait here, are shown as pending like any other, and go back to anvil when the next block can take them.
 */
import { keccak256, parseTransaction, recoverTransactionAddress } from 'viem';
import type { TransactionSerialized } from 'viem';
import type { Anvil } from './anvil.js';
import { toQuantity } from './hex.js';
import type { Hex } from './hex.js';

/** How anvil says that the next block's base fee is above what the transaction may pay. */
const OUTRUN = 'max fee per gas less than block base fee';
/** A pool takes another transaction under the same nonce only for a tenth more. */
const REPLACEMENT_PERCENT = 110n;

interface Held {
  readonly raw: Hex;
  readonly from: Hex;
  readonly nonce: number;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  /** gas × maxFeePerGas + value. */
  readonly worstCost: bigint;
  /** As eth_getTransactionByHash shows it. */
  readonly view: Readonly<Record<string, unknown>>;
}
/** As anvil shows what is in its pool. */
interface PooledView {
  readonly hash: Hex;
  readonly maxFeePerGas?: Hex;
  readonly maxPriorityFeePerGas?: Hex;
  readonly gasPrice?: Hex;
}
type Pooled = Pick<Held, 'nonce' | 'maxFeePerGas' | 'maxPriorityFeePerGas'> & { readonly from: string; readonly hash: Hex };
export type PoolContent = Record<'pending' | 'queued', Record<string, Record<string, PooledView>>>;

/** The node's own no, as JSON-RPC has it. */
export class PoolRefusal extends Error {
  override readonly name = 'PoolRefusal';
}

async function read(raw: Hex): Promise<Held> {
  const parsed = parseTransaction(raw as TransactionSerialized);
  const from = (await recoverTransactionAddress({ serializedTransaction: raw as TransactionSerialized })).toLowerCase() as Hex;
  const { nonce = 0, gas = 0n, value = 0n, to = null, data = '0x', yParity = 0, type } = parsed;
  const maxFeePerGas = parsed.maxFeePerGas ?? parsed.gasPrice ?? 0n;
  const maxPriorityFeePerGas = parsed.maxPriorityFeePerGas ?? maxFeePerGas;
  const view = {
    hash: keccak256(raw),
    type: type === 'legacy' ? '0x0' : type === 'eip2930' ? '0x1' : '0x2',
    chainId: toQuantity(parsed.chainId ?? 0),
    from,
    to,
    nonce: toQuantity(nonce),
    value: toQuantity(value),
    gas: toQuantity(gas),
    gasPrice: toQuantity(maxFeePerGas),
    ...(type === 'eip1559' && { maxFeePerGas: toQuantity(maxFeePerGas), maxPriorityFeePerGas: toQuantity(maxPriorityFeePerGas) }),
    input: data,
    accessList: 'accessList' in parsed ? (parsed.accessList ?? []) : [],
    blockHash: null,
    blockNumber: null,
    transactionIndex: null,
    r: parsed.r,
    s: parsed.s,
    v: toQuantity(type === 'legacy' ? 35 + 2 * (parsed.chainId ?? 0) + yParity : yParity), // EIP-155
    yParity: toQuantity(yParity),
  };
  return { raw, from, nonce, maxFeePerGas, maxPriorityFeePerGas, worstCost: gas * maxFeePerGas + value, view };
}

const raises = (next: bigint, previous: bigint): boolean => next * 100n >= previous * REPLACEMENT_PERCENT;

export class WaitingRoom {
  readonly #held = new Map<string, Held>();

  constructor(private readonly anvil: Anvil) {}

  /** Signed bytes of all that waits, each sender's in order of nonce. */
  get transactions(): Hex[] {
    return this.#inOrder().map(({ raw }) => raw);
  }
  view(hash: string): Held['view'] | null {
    return this.#held.get(hash.toLowerCase())?.view ?? null;
  }
  drop(hash: Hex): boolean {
    return this.#held.delete(hash);
  }
  /** The next nonce of a sender, counting what waits here on top of what anvil counts. */
  nonceAfter(address: string, counted: number): number {
    const nonces = new Set([...this.#held.values()].filter(({ from }) => from === address.toLowerCase()).map(({ nonce }) => nonce));
    let next = counted;
    while (nonces.has(next)) next++;
    return next;
  }
  /** Adds what waits here to what anvil says of its pool. */
  content(pool: PoolContent): PoolContent {
    const pending = { ...pool.pending };
    for (const { from, nonce, view } of this.#held.values()) {
      const sender = Object.keys(pending).find((address) => address.toLowerCase() === from) ?? from;
      pending[sender] = { ...pending[sender], [nonce]: view as unknown as PooledView };
    }
    return { ...pool, pending };
  }
  get size(): number {
    return this.#held.size;
  }

  /** Takes a transaction as a node's pool does; answers its hash. Throws PoolRefusal. */
  async submit(raw: Hex): Promise<Hex> {
    const made = await read(raw).catch((error: unknown) => {
      throw new PoolRefusal(`failed to decode signed transaction: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''}`);
    });
    const hash = made.view['hash'] as Hex;
    if (this.#held.has(hash)) throw new PoolRefusal('already known');
    const samePlace = ({ from, nonce }: Pick<Pooled, 'from' | 'nonce'>): boolean => from === made.from && nonce === made.nonce;
    const previous = [...this.#held.values()].find(samePlace);
    const rival = previous ?? this.#pooled(await this.#content()).find(samePlace);
    if (rival && 'hash' in rival && rival.hash === hash) throw new PoolRefusal('already known');
    const better =
      !rival || (raises(made.maxFeePerGas, rival.maxFeePerGas) && raises(made.maxPriorityFeePerGas, rival.maxPriorityFeePerGas));
    if (!better) throw new PoolRefusal('replacement transaction underpriced');
    const refused = await this.#offer(raw);
    if (refused?.includes(OUTRUN) === true) await this.#hold(made);
    else if (refused !== null) throw new PoolRefusal(refused);
    if (previous) this.#held.delete(previous.view['hash'] as Hex);
    return hash;
  }

  #content(): Promise<PoolContent> {
    return this.anvil.call<PoolContent>('txpool_content');
  }
  /** Hands it to anvil; answers anvil's words when it says no. */
  async #offer(raw: Hex): Promise<string | null> {
    const answer = (await this.anvil.forward({ jsonrpc: '2.0', id: 0, method: 'eth_sendRawTransaction', params: [raw] })) as {
      error?: { message: string };
    };
    return answer.error?.message ?? null;
  }

  async #hold(made: Held): Promise<void> {
    const { from, nonce, worstCost, view } = made;
    const [count, balance] = (await this.anvil.batch([
      ['eth_getTransactionCount', from, 'latest'],
      ['eth_getBalance', from, 'latest'],
    ])) as [Hex, Hex];
    if (nonce < Number(count)) throw new PoolRefusal('nonce too low');
    if (worstCost > BigInt(balance)) throw new PoolRefusal('Insufficient funds for gas * price + value');
    this.#held.set(view['hash'] as Hex, made);
  }

  #pooled(pool: PoolContent): Pooled[] {
    return [pool.pending, pool.queued].flatMap((senders) =>
      Object.entries(senders).flatMap(([from, byNonce]) =>
        Object.entries(byNonce).map(([nonce, { hash, gasPrice = '0x0', maxFeePerGas = gasPrice, maxPriorityFeePerGas = gasPrice }]) => ({
          from: from.toLowerCase(),
          nonce: Number(nonce),
          hash,
          maxFeePerGas: BigInt(maxFeePerGas),
          maxPriorityFeePerGas: BigInt(maxPriorityFeePerGas),
        })),
      ),
    );
  }

  /** Before a block of this base fee: what it outruns comes here, with all later ones of the sender; what it no longer outruns goes back. */
  async sort(baseFee: bigint): Promise<void> {
    await this.#returnPayable(baseFee);
    const pooled = this.#pooled(await this.#content());
    const stuckFrom = new Map<string, number>();
    for (const { from, nonce, maxFeePerGas } of pooled) {
      if (maxFeePerGas < baseFee) stuckFrom.set(from, Math.min(nonce, stuckFrom.get(from) ?? nonce));
    }
    for (const { from, nonce, hash } of pooled) {
      if (nonce < (stuckFrom.get(from) ?? Infinity)) continue;
      this.#held.set(hash, await read(await this.anvil.call<Hex>('eth_getRawTransactionByHash', hash)));
      await this.anvil.call('anvil_dropTransaction', hash);
    }
  }

  async #returnPayable(baseFee: bigint): Promise<void> {
    const stuck = new Set<string>();
    for (const { from, nonce, maxFeePerGas, raw, view } of this.#inOrder()) {
      const used = nonce < Number(await this.anvil.call<Hex>('eth_getTransactionCount', from, 'latest'));
      if (!used && (stuck.has(from) || maxFeePerGas < baseFee)) {
        stuck.add(from);
        continue;
      }
      this.#held.delete(view['hash'] as string);
      if (!used) await this.#offer(raw);
    }
  }

  #inOrder(): Held[] {
    return [...this.#held.values()].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : a.nonce - b.nonce));
  }
}
