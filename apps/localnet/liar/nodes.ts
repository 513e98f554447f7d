/** The nodes behind the liar, asked for the truth. */
import type { Horizon } from './told.js';

export interface Reply {
  readonly status: number;
  readonly text: string;
}
type Json = Readonly<Record<string, unknown>>;

/** Slots that are looked through for one that was not missed. */
const MISSED_AT_MOST = 256;

export class Nodes {
  constructor(
    readonly executionUrl: string,
    readonly beaconUrl: string,
  ) {}

  async execution(body: unknown): Promise<Reply> {
    return this.#send(this.executionUrl, 'POST', JSON.stringify(body));
  }
  beacon(path: string, method = 'GET', body?: string): Promise<Reply> {
    return this.#send(this.beaconUrl + path, method, body);
  }
  async #send(url: string, method: string, body?: string): Promise<Reply> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
    return { status: response.status, text: await response.text() };
  }

  async call(method: string, ...params: unknown[]): Promise<unknown> {
    const { text } = await this.execution({ jsonrpc: '2.0', id: 1, method, params });
    return (JSON.parse(text) as Json)['result'] ?? null;
  }
  /** The block of a beacon id, as far as the liar needs it; null for a missed slot. */
  async #block(id: string): Promise<{ slot: number; block: number } | null> {
    const { status, text } = await this.beacon(`/eth/v2/beacon/blocks/${id}`);
    if (status !== 200) return null;
    const { slot, body } = (JSON.parse(text) as { data: { message: { slot: string; body: { execution_payload: Json } } } }).data.message;
    return { slot: Number(slot), block: Number(body.execution_payload['block_number']) };
  }

  async head(): Promise<Horizon> {
    return (await this.#block('head')) ?? { slot: 0, block: 0 };
  }
  /** The last block at least so many slots behind the head. */
  async behind(slots: number): Promise<Horizon> {
    const { slot } = await this.head();
    for (let at = slot - slots; at > Math.max(0, slot - slots - MISSED_AT_MOST); at--) {
      const found = await this.#block(String(at));
      if (found) return found;
    }
    return { slot: 0, block: 0 };
  }
  /** Hash of the final execution block and root of the final beacon block. */
  async finalised(): Promise<string[]> {
    const block = (await this.call('eth_getBlockByNumber', 'finalized', false)) as Json;
    const header = JSON.parse((await this.beacon('/eth/v1/beacon/headers/finalized')).text) as { data: Json };
    return [String(block['hash']), String(header.data['root'])];
  }
  /** Slot of the block that was final as of a state. */
  async finalisedAt(slot: number): Promise<number> {
    const { text } = await this.beacon(`/eth/v1/beacon/states/${slot}/finality_checkpoints`);
    const { finalized } = (JSON.parse(text) as { data: { finalized: { root: string } } }).data;
    return (await this.#block(finalized.root))?.slot ?? 0;
  }
}
