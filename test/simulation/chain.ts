/** The local chain as the outside world drives it: a slot of three hours, so that an epoch is a day. */
import { startLocalnet, type StartedLocalnet } from '../../apps/localnet/index.js';

export const SECONDS_PER_SLOT = 10_800;
export const SLOTS_PER_DAY = 8;

export interface ChainStatus {
  readonly slot: number;
  readonly finalizedEpoch: number;
  readonly finalizedBlock: number;
}

export class LocalChain {
  private constructor(
    private net: StartedLocalnet,
    private readonly dir: string,
  ) {}

  static async open(dir: string): Promise<LocalChain> {
    return new LocalChain(await startLocalnet({ dir, secondsPerSlot: SECONDS_PER_SLOT, validators: 256, statesKept: 512 }), dir);
  }
  get executionUrl(): string {
    return this.net.executionUrl;
  }
  get beaconUrl(): string {
    return this.net.beaconUrl;
  }
  stop(): Promise<void> {
    return this.net.stop();
  }

  async control(what: string, body: object = {}): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.net.controlUrl}/localnet/${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(`the local chain refuses ${what}: ${JSON.stringify(answer)}`);
    return answer;
  }
  async status(): Promise<ChainStatus> {
    return (await (await fetch(`${this.net.controlUrl}/localnet/status`)).json()) as ChainStatus;
  }

  /** Balances of addresses at a block, wei. */
  async balances(addresses: readonly string[], block: number): Promise<Map<string, bigint>> {
    const asked = addresses.map((address, id) => ({
      jsonrpc: '2.0',
      id,
      method: 'eth_getBalance',
      params: [address, `0x${block.toString(16)}`],
    }));
    const response = await fetch(this.net.executionUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(asked),
    });
    const answers = (await response.json()) as { id: number; result?: string }[];
    return new Map(
      answers.map(({ id, result }) => {
        const address = addresses[id];
        if (address === undefined || result === undefined) throw new Error(`no balance of ${address ?? id} at block ${block}`);
        return [address, BigInt(result)];
      }),
    );
  }

  /** Balances of validators after a slot, wei; one that the chain does not know has none. */
  async stakes(pubkeys: readonly string[], slot: bigint): Promise<Map<string, bigint>> {
    const stakes = new Map<string, bigint>();
    for (let from = 0; from < pubkeys.length; from += 50) {
      const ids = pubkeys.slice(from, from + 50).join(',');
      const response = await fetch(`${this.net.beaconUrl}/eth/v1/beacon/states/${slot}/validators?id=${ids}`);
      const { data } = (await response.json()) as { data: { balance: string; validator: { pubkey: string } }[] };
      for (const { balance, validator } of data) stakes.set(validator.pubkey, BigInt(balance) * 10n ** 9n);
    }
    return stakes;
  }
}
