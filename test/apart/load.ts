import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { accept, assets, parseDecimal } from '#kernel';
import { buckets, type Client } from '../../apps/exchange/tour/people.js';
import type { SpawnedExchange } from '../e2e/exchange.spec-support.js';

interface Asked {
  readonly what: string;
  readonly status: number;
  readonly code: string;
  readonly retryAfter: string | null;
}
interface Order {
  readonly key: string;
  /** Of the operation, once it was answered with 202. */
  id: string | null;
}

export interface LoadSummary {
  readonly requests: number;
  readonly stakes: number;
  /** What was not answered as on a quiet day: status and code, and how often. */
  readonly refusals: Readonly<Record<string, number>>;
}

const STAKE = '0.0001';
const UNIT = accept(parseDecimal(assets.ETH, STAKE));
const READS = ['/v1/overview', '/v1/custody/deposits', '/v1/staking/products', '/v1/rewards', '/v1/compliance/disclosures/eth-payout'];

/**
 * A client that keeps every room busy through the proxy and remembers each answer: reads everywhere, stakes and quotes. Once stopped it asks
 * again for whatever was left open, with the same keys, and counts what happened: each key must have had one effect.
 */
export class Load {
  private readonly asked: Asked[] = [];
  private readonly orders: Order[] = [];
  private readonly callers: Promise<void>[];
  private stopped = false;

  private constructor(
    private readonly exchange: SpawnedExchange,
    private readonly before: bigint,
    callers: number,
    private readonly everyMs: number,
  ) {
    this.callers = Array.from({ length: callers }, (_, i) => this.call(i));
  }

  static async start(exchange: SpawnedExchange, callers = 4, everyMs = 10): Promise<Load> {
    return new Load(exchange, await available(exchange.demo), callers, everyMs);
  }

  /** Throws when an answer was none of ours, or an effect is missing or double. */
  async stop(): Promise<LoadSummary> {
    this.stopped = true;
    await Promise.all(this.callers);
    await this.settle();
    await this.verifyEffects();
    const unusual = this.asked.filter(({ status }) => status >= 400);
    for (const one of unusual) refuseUnclean(one);
    const refusals: Record<string, number> = {};
    for (const { what, status, code } of unusual) refusals[`${what} ${status} ${code}`] = (refusals[`${what} ${status} ${code}`] ?? 0) + 1;
    return { requests: this.asked.length, stakes: this.orders.length, refusals };
  }

  private async call(first: number): Promise<void> {
    for (let turn = first; !this.stopped; turn++) {
      const read = READS[turn % READS.length] ?? '/';
      await this.ask('GET', read);
      if (turn % 3 === 0) await this.ask('POST', '/v1/staking/quotes', { product_id: 'eth-payout', side: 'stake', amount: '1' });
      const order: Order = { key: randomUUID(), id: null };
      this.orders.push(order);
      await this.place(order);
      await pause(this.everyMs);
    }
  }

  private async place(order: Order): Promise<void> {
    const answer = await this.ask('POST', '/v1/staking/stakes', { asset: 'ETH', amount: STAKE }, order.key);
    if (answer.status !== 202) return;
    const { id } = answer.body as { id: string };
    if (order.id !== null && order.id !== id) throw new Error(`one key, two operations: ${order.id}, ${id}`);
    order.id = id;
  }

  private async settle(): Promise<void> {
    const deadline = performance.now() + 60_000;
    for (;;) {
      const open = this.orders.filter(({ id }) => id === null);
      if (open.length === 0) return;
      if (performance.now() > deadline) throw new Error(`${open.length} stakes were never accepted: ${JSON.stringify(this.asked.at(-1))}`);
      for (const order of open) await this.place(order);
      await pause(100);
    }
  }

  /** Every accepted operation is there, once, and the client has that much less. */
  private async verifyEffects(): Promise<void> {
    const ids = new Set(this.orders.map(({ id }) => id));
    if (ids.size !== this.orders.length) throw new Error(`${this.orders.length} keys, ${ids.size} operations`);
    const [some] = this.orders;
    if (some) await this.place(some); // a replay
    const taken = this.before - (await available(this.exchange.demo));
    const due = UNIT * BigInt(this.orders.length);
    if (taken !== due) throw new Error(`${this.orders.length} stakes took ${taken} of the balance, not ${due}`);
  }

  private async ask(method: string, path: string, body?: object, key: string = randomUUID()): Promise<{ status: number; body: unknown }> {
    const what = `${method} ${path}`;
    try {
      const response = await fetch(this.exchange.api.baseUrl + path, {
        method,
        headers: {
          authorization: `Bearer ${this.exchange.demo.apiKey}`,
          ...(body ? { 'content-type': 'application/json', 'idempotency-key': key } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      const answer: unknown = JSON.parse(await response.text());
      const { code = '' } = answer as { code?: string };
      this.asked.push({ what, status: response.status, code, retryAfter: response.headers.get('retry-after') });
      return { status: response.status, body: answer };
    } catch (error) {
      this.asked.push({ what, status: 599, code: (error as Error).message, retryAfter: null });
      return { status: 599, body: null };
    }
  }
}

const available = async (client: Client): Promise<bigint> => BigInt((await buckets(client))?.available_atomic ?? '0');

/** Under fire a request may be told to come back, in the house's words; nothing else. */
function refuseUnclean({ what, status, code, retryAfter }: Asked): void {
  const clean = (status === 503 && code === 'unavailable' && retryAfter !== null) || (status === 409 && code === 'idempotency.in_progress');
  if (!clean) throw new Error(`${what} was answered with ${status} ${code || 'and no problem'} (Retry-After ${retryAfter ?? 'missing'})`);
}
