/** For specs of the local network: one of its own in a temporary folder, seen as a custodian sees it, over the wire only. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SecretKey } from '@chainsafe/blst';
import { ByteVectorType, ContainerType, UintNumberType } from '@chainsafe/ssz';
import { concatHex, createPublicClient, createWalletClient, defineChain, hexToBytes, http, parseAbi, parseEther, toHex } from 'viem';
import type { Hex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { startLocalnet } from './index.js';
import type { StartedLocalnet, StartOptions } from './index.js';

export const GWEI = 1_000_000_000n;
export const SLOTS_PER_EPOCH = 8;
export const WITHDRAWAL_REQUESTS = '0x00000961Ef480Eb55e80D19ad83579A64c007002';
export const CONSOLIDATION_REQUESTS = '0x0000BBdDc7CE488642fb579F8B00f3a590007251';

const bytesType = (length: number): ByteVectorType => new ByteVectorType(length);
const uint64 = new UintNumberType(8);
const message = { pubkey: bytesType(48), withdrawal_credentials: bytesType(32), amount: uint64 };
const DepositMessage = new ContainerType(message);
const DepositData = new ContainerType({ ...message, signature: bytesType(96) });
const ForkData = new ContainerType({ current_version: bytesType(4), genesis_validators_root: bytesType(32) });
const SigningData = new ContainerType({ object_root: bytesType(32), domain: bytesType(32) });
const VoluntaryExit = new ContainerType({ epoch: uint64, validator_index: uint64 });
const depositAbi = parseAbi(['function deposit(bytes,bytes,bytes,bytes32) payable']);

/** The body is whatever JSON came: null when nothing did. */
export async function request(url: string, init: { body?: unknown; headers?: Record<string, string>; method?: string } = {}) {
  const { body, headers, method = body === undefined ? 'GET' : 'POST' } = init;
  const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const response = await fetch(url, { method, headers: { 'content-type': 'application/json', ...headers }, ...sent });
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text === '' ? 'null' : text) };
}

export interface Withdrawal {
  readonly index: string;
  readonly validator_index: string;
  readonly address: string;
  readonly amount: string;
  readonly slot: number;
}

/** Part of what GET /localnet/status answers. */
export interface Status {
  readonly slot: number;
  readonly headSlot: number;
  readonly headRoot: string;
  readonly block: number;
  readonly blockHash: string;
  readonly justifiedEpoch: number;
  readonly finalizedEpoch: number;
  readonly finalizedSlot: number;
  readonly finalizedBlock: number;
  readonly offline: readonly number[];
  readonly faucet: string;
  readonly processId: number;
  readonly anvilProcessGroup: number;
}

export interface Deposit {
  readonly pubkey: Hex;
  readonly hash: Hex;
  readonly value: bigint;
  readonly key: SecretKey;
}

/** A local network and one wallet that keeps account of what it spent. */
export class World {
  readonly account = privateKeyToAccount(generatePrivateKey());
  /** What the wallet was given and what it paid (values, fees and gas) in transactions that stand, in wei. */
  funded = 0n;
  spent = 0n;
  #finalWithdrawals: { readonly upTo: number; readonly list: readonly Withdrawal[] } = { upTo: 0, list: [] };

  private constructor(
    readonly dir: string,
    public net: StartedLocalnet,
  ) {}

  static async start(options: Partial<StartOptions> = {}): Promise<World> {
    const dir = mkdtempSync(join(tmpdir(), 'localnet-spec-'));
    return new World(dir, await startLocalnet({ dir, ...options }));
  }
  async end(): Promise<void> {
    await this.net.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
  async startAgain(): Promise<void> {
    this.net = await startLocalnet({ dir: this.dir });
  }

  // ---- the three faces
  get public() {
    return createPublicClient({ chain: this.#chain, transport: http(), pollingInterval: 20, cacheTime: 0 });
  }
  get wallet() {
    return createWalletClient({ chain: this.#chain, transport: http(), account: this.account });
  }
  get #chain() {
    const rpcUrls = { default: { http: [this.net.executionUrl] } };
    return defineChain({ id: 31_337, name: 'localnet', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls });
  }
  rpc(body: unknown, headers: Record<string, string> = {}) {
    return request(this.net.executionUrl, { body, headers });
  }
  beacon(path: string, body?: unknown) {
    return request(`${this.net.beaconUrl}/eth/${path}`, { body });
  }
  control(what: string, body: unknown = {}) {
    return request(`${this.net.controlUrl}/localnet/${what}`, { body });
  }
  /** Like `control`, but throws unless it worked. */
  async drive(what: string, body: unknown = {}) {
    const answer = await this.control(what, body);
    if (answer.status !== 200) throw new Error(`${what}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
  async data(path: string) {
    const answer = await this.beacon(path);
    if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer.body.data;
  }
  async status(): Promise<Status> {
    return (await request(`${this.net.controlUrl}/localnet/status`)).body;
  }
  slots(slots: number): Promise<unknown> {
    return this.drive('advance', { slots });
  }

  // ---- the wallet
  async fund(ether: string): Promise<Hex> {
    const wei = parseEther(ether);
    const { transactionHash } = await this.drive('fund', { address: this.account.address, wei: wei.toString() });
    this.funded += wei;
    return transactionHash;
  }
  /** Enters a transaction that is in a block into the account. */
  async enter(hash: Hex, value: bigint): Promise<void> {
    const receipt = await this.public.getTransactionReceipt({ hash });
    if (receipt.status !== 'success') throw new Error(`${hash} failed`);
    this.spent += value + receipt.gasUsed * receipt.effectiveGasPrice;
  }
  async deposit(kind: { prefix?: '0x01' | '0x02'; ether?: number; badSignature?: boolean; key?: SecretKey } = {}): Promise<Deposit> {
    const { prefix = '0x01', ether = 32, badSignature = false, key = SecretKey.fromKeygen(randomBytes(32)) } = kind;
    const credentials = hexToBytes(concatHex([prefix, `0x${'00'.repeat(11)}`, this.account.address]));
    const data = { pubkey: key.toPublicKey().toBytes(), withdrawal_credentials: credentials, amount: ether * 1e9 };
    const version = hexToBytes((await this.data('v1/beacon/genesis')).genesis_fork_version as Hex);
    const fork = ForkData.hashTreeRoot({ current_version: version, genesis_validators_root: new Uint8Array(32) });
    const domain = badSignature ? new Uint8Array(32) : new Uint8Array([3, 0, 0, 0, ...fork.slice(0, 28)]);
    const root = SigningData.hashTreeRoot({ object_root: DepositMessage.hashTreeRoot(data), domain });
    const signature = key.sign(root).toBytes();
    const pubkey = toHex(data.pubkey);
    const value = parseEther(String(ether));
    const { address } = await this.data('v1/config/deposit_contract');
    const args = [pubkey, toHex(credentials), toHex(signature), toHex(DepositData.hashTreeRoot({ ...data, signature }))] as const;
    const hash = await this.wallet.writeContract({ address, abi: depositAbi, functionName: 'deposit', args, value });
    return { pubkey, hash, value, key };
  }
  /** The body of a voluntary exit, signed for a fork version (EIP-7044: Capella's, whatever the fork). */
  async voluntaryExit({ pubkey, key }: Deposit, version: Hex): Promise<unknown> {
    const { genesis_validators_root } = await this.data('v1/beacon/genesis');
    const { index } = await this.validator(pubkey);
    const fork = ForkData.hashTreeRoot({
      current_version: hexToBytes(version),
      genesis_validators_root: hexToBytes(genesis_validators_root as Hex),
    });
    const object_root = VoluntaryExit.hashTreeRoot({ epoch: 0, validator_index: Number(index) });
    const root = SigningData.hashTreeRoot({ object_root, domain: new Uint8Array([4, 0, 0, 0, ...fork.slice(0, 28)]) });
    return { message: { epoch: '0', validator_index: index }, signature: toHex(key.sign(root).toBytes()) };
  }
  /** A deposit that is in a block and in the account. */
  async deposited(kind?: Parameters<World['deposit']>[0]): Promise<Deposit> {
    const made = await this.deposit(kind);
    await this.slots(1);
    await this.enter(made.hash, made.value);
    return made;
  }
  /** Sends to a request contract with the fee of the moment, and makes the slot that includes it. */
  async ask(to: Hex, data: Hex): Promise<void> {
    const fee = BigInt((await this.public.call({ to })).data ?? '0x0');
    const hash = await this.wallet.sendTransaction({ to, data, value: fee });
    await this.slots(1);
    await this.enter(hash, fee);
  }

  // ---- the beacon chain
  async validator(pubkey: Hex, state = 'head') {
    return (await this.data(`v1/beacon/states/${state}/validators?id=${pubkey}`))[0] ?? null;
  }
  async pendingKeys(): Promise<string[]> {
    return ((await this.data('v1/beacon/states/head/pending_deposits')) as { pubkey: string }[]).map(({ pubkey }) => pubkey);
  }
  /** Makes epochs until something is so. */
  async until<T>(test: () => Promise<T>, epochs = 60): Promise<NonNullable<T>> {
    for (let made = 0; made <= epochs; made++) {
      const found = await test();
      if (found) return found;
      await this.slots(SLOTS_PER_EPOCH);
    }
    throw new Error(`not within ${epochs} epochs`);
  }
  untilStatus(pubkey: Hex, ...statuses: string[]) {
    return this.until(async () => {
      const found = await this.validator(pubkey);
      return found && statuses.includes(found.status as string) ? found : null;
    });
  }
  /** All withdrawals to the wallet in canonical beacon blocks; those of final blocks are read once. */
  async withdrawals(): Promise<Withdrawal[]> {
    const { headSlot, finalizedSlot } = await this.status();
    const found = [...this.#finalWithdrawals.list];
    for (let slot = this.#finalWithdrawals.upTo + 1; slot <= headSlot; slot++) {
      if (slot === finalizedSlot + 1) this.#finalWithdrawals = { upTo: finalizedSlot, list: [...found] };
      const answer = await this.beacon(`v2/beacon/blocks/${slot}`);
      if (answer.status === 404) continue;
      for (const withdrawal of answer.body.data.message.body.execution_payload.withdrawals) {
        if (withdrawal.address.toLowerCase() === this.account.address.toLowerCase()) found.push({ ...withdrawal, slot });
      }
    }
    return found;
  }
  /** What the wallet must hold by its own account, and what it holds, in wei. */
  async reconcile(): Promise<{ expected: bigint; held: bigint; withdrawals: Withdrawal[] }> {
    const withdrawals = await this.withdrawals();
    const credited = withdrawals.reduce((sum, { amount }) => sum + BigInt(amount), 0n) * GWEI;
    const held = await this.public.getBalance({ address: this.account.address });
    return { expected: this.funded - this.spent + credited, held, withdrawals };
  }
}
