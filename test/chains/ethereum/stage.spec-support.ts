/**
 * A local Ethereum with the adapter on it, and the addresses of a custodian: an omnibus that pays, a vault that validators pay out to, and a
 * stranger who wishes us no good. The adapter reaches the chain over the wire only; the control face stands for the outside world.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Chain, CredentialsType, FeeQuote, SignedDeposit, TransactionPlan, TransactionStatus, ValidatorView } from '#chains';
import {
  createEthereum,
  deriveBlsKey,
  HdTree,
  parseAddressPath,
  seedOf,
  signDeposit,
  signTransaction,
  validatorKeyPath,
  type EthereumOptions,
} from '#chains/ethereum';
import { accept, amount } from '#kernel';
import { FakeClock } from '#testing';
import { startLocalnet, type StartedLocalnet, type StartOptions } from '../../../apps/localnet/index.js';

export const GWEI = 10n ** 9n;
export const ETH = 10n ** 18n;
export const SLOTS_PER_EPOCH = 8;

const PATHS = { omnibus: "m/44'/60'/1'/0/0", vault: "m/44'/60'/2'/0/0", stranger: "m/44'/60'/9'/0/0" } as const;
export type Who = keyof typeof PATHS;

export interface DepositKind {
  readonly type?: CredentialsType;
  /** Whose credentials. */
  readonly payee?: Who;
  /** Who sends it. */
  readonly by?: Who;
}

export interface Sent {
  readonly hash: string;
  readonly signed: string;
  readonly nonce: bigint;
  readonly fee: FeeQuote;
}

export interface StageStatus {
  readonly slot: number;
  readonly headSlot: number;
  readonly block: number;
  readonly finalizedEpoch: number;
  readonly finalizedBlock: number;
}

const seed = seedOf(new Uint8Array(32).fill(7));
const tree = new HdTree(seed);
const pathOf = (who: Who) => {
  const path = parseAddressPath(PATHS[who]);
  if (!path) throw new Error(PATHS[who]);
  return path;
};

export class Stage {
  readonly clock = new FakeClock();
  readonly omnibus = tree.address(pathOf('omnibus'));
  readonly vault = tree.address(pathOf('vault'));
  readonly stranger = tree.address(pathOf('stranger'));

  private constructor(
    readonly folder: string,
    readonly net: StartedLocalnet,
  ) {
    this.chain = this.connect();
  }
  readonly chain: Chain;

  /** `ether`: what each address starts with. */
  static async open({ ether = 100, ...options }: Partial<StartOptions> & { ether?: number } = {}): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), 'adapter-'));
    const stage = new Stage(folder, await startLocalnet({ dir: folder, ...options }));
    for (const who of ['omnibus', 'vault', 'stranger'] as const) {
      await stage.control('fund', { address: stage[who], wei: (BigInt(who === 'omnibus' ? ether : 10) * ETH).toString() });
    }
    await stage.epochs(3);
    return stage;
  }
  async close(): Promise<void> {
    await this.net.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** An adapter of its own; over other nodes, or with a second pair, where told. */
  connect(options: Partial<EthereumOptions> = {}): Chain {
    const { executionUrl, beaconUrl } = this.net;
    return createEthereum({ network: 'localnet', executionUrl, beaconUrl, clock: this.clock, ...options });
  }

  // ---- the outside world
  async control(what: string, body: object = {}): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.net.controlUrl}/localnet/${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(`${what}: ${JSON.stringify(answer)}`);
    return answer;
  }
  async status(): Promise<StageStatus> {
    return (await (await fetch(`${this.net.controlUrl}/localnet/status`)).json()) as StageStatus;
  }
  slots(slots: number): Promise<unknown> {
    return this.control('advance', { slots });
  }
  epochs(epochs: number): Promise<unknown> {
    return this.control('advance', { epochs });
  }
  /** The beacon node's own words, around the adapter. */
  async beacon<T>(path: string): Promise<T> {
    const response = await fetch(`${this.net.beaconUrl}/eth/v1/${path}`);
    return ((await response.json()) as { data: T }).data;
  }
  /** Balance of a validator (wei) after the block of a slot, around the adapter; null before it exists. */
  async balanceAt(slot: bigint, pubkey: string): Promise<bigint | null> {
    const [found] = await this.beacon<{ balance: string }[]>(`beacon/states/${slot}/validators?id=${pubkey}`);
    return found ? BigInt(found.balance) * GWEI : null;
  }

  // ---- transactions
  sign(who: Who, plan: TransactionPlan, nonce: bigint, fee: FeeQuote): { signed: string; hash: string } {
    return accept(signTransaction(this.chain.writer.build(plan, nonce, fee), tree.privateKey(pathOf(who))));
  }
  /** Builds, signs, decodes and sends a plan, twice, as custody would after a crash. */
  async send(who: Who, plan: TransactionPlan): Promise<Sent> {
    const { writer } = this.chain;
    const [fee, nonce] = await Promise.all([writer.quoteFee(plan), writer.nextNonce(plan.from)]);
    const made = this.sign(who, plan, nonce, fee);
    const read = accept(writer.decode(made.signed));
    const same =
      read.from === plan.from && read.to === plan.to && read.value === plan.value && read.nonce === nonce && read.hash === made.hash;
    if (!same) throw new Error(`${made.hash} does not say what was planned`);
    for (let time = 0; time < 2; time++) {
      if (accept(await writer.broadcast(made.signed)) !== made.hash) throw new Error(`${made.hash} was sent under another name`);
    }
    return { ...made, nonce, fee };
  }
  /** Sends it and makes the slot that includes it. */
  async settle(who: Who, plan: TransactionPlan): Promise<Extract<TransactionStatus, { state: 'included' }>> {
    const { hash } = await this.send(who, plan);
    for (let slot = 0; slot < 8; slot++) {
      await this.slots(1); // its proposer may be offline
      const status = await this.chain.writer.status(hash);
      if (status.state === 'included') return status;
    }
    throw new Error(`${hash} was never included`);
  }
  transfer(from: Who, to: string, value: bigint): TransactionPlan {
    return { from: this[from], to, value: amount(value), data: '0x' };
  }

  // ---- validators
  async signed(key: number, ether: bigint, { type, payee = 'vault' }: DepositKind = {}): Promise<SignedDeposit> {
    const { genesisForkVersion } = await this.chain.staking.network();
    const credentials = this.chain.staking.withdrawalCredentials(this[payee], type);
    return signDeposit(deriveBlsKey(seed, validatorKeyPath(key)), credentials, amount(ether * ETH), genesisForkVersion);
  }
  /** A deposit that is in a block. */
  async deposit(key: number, ether: bigint, kind: DepositKind = {}): Promise<SignedDeposit> {
    const made = await this.signed(key, ether, kind);
    const by = kind.by ?? 'omnibus';
    await this.settle(by, this.chain.staking.depositPlan(this[by], made));
    return made;
  }
  async view(pubkey: string, at: 'finalised' | 'head' = 'head'): Promise<ValidatorView> {
    const [view] = (await this.chain.staking.validators([pubkey], at)).validators;
    if (!view) throw new Error('one was asked for');
    return view;
  }
  /** Makes epochs until something is so. */
  async until<T>(test: () => Promise<T>, epochs = 80): Promise<NonNullable<T>> {
    for (let made = 0; made <= epochs; made++) {
      const found = await test();
      if (found) return found;
      await this.epochs(1);
    }
    throw new Error(`not within ${epochs} epochs`);
  }
  untilFinalised(pubkey: string, status: ValidatorView['status']): Promise<ValidatorView> {
    return this.until(async () => {
      const view = await this.view(pubkey, 'finalised');
      return view.status === status ? view : null;
    });
  }
}
