/** Who gets what a block pays: fee recipients by proposer, builders, and base fees on demand. Not kept over a restart. */
import { FaceError } from '../http.js';
import type { BlockOrder, Execution } from './execution.js';
import { BUILDER_ADDRESS, payProposer } from './faucet.js';
import type { Hex } from './hex.js';

const GAS_LIMIT = 30_000_000;
/** Who proposes without having said whom to pay. */
const NOBODY: Hex = '0xfee0000000000000000000000000000000000000';

interface Demand {
  readonly wei: bigint;
  blocks: number;
}

export class Building {
  /** By validator, as POST /eth/v1/validator/prepare_beacon_proposer says. */
  readonly feeRecipients = new Map<number, Hex>();
  #payment: Demand | null = null;
  #baseFee: Demand | null = null;

  constructor(
    private readonly execution: Execution,
    private readonly chainId: number,
  ) {}

  /** The next `blocks` blocks are the builder's, who pays their proposers `wei` each. */
  hireBuilder(wei: bigint, blocks: number): void {
    this.#payment = { wei, blocks };
  }
  /** The next `blocks` blocks have this base fee; after them it falls or rises by the rule. */
  async holdBaseFee(wei: bigint, blocks: number): Promise<void> {
    this.#baseFee = { wei, blocks };
    await this.execution.setBaseFee(wei);
  }
  recipientOf(proposer: number): Hex {
    return this.feeRecipients.get(proposer) ?? NOBODY;
  }
  baseFee(): Promise<bigint> {
    return this.#baseFee ? Promise.resolve(this.#baseFee.wei) : this.execution.nextBaseFee();
  }

  /**
   * What the block of a proposer is to be; a builder's payment goes to the pool. The gas limit is another on each fork, so that blocks made
   * anew after a reorg never have the hashes of the old ones.
   */
  async order(proposer: number, timestamp: number, baseFeePerGas: bigint, fork: number): Promise<BlockOrder> {
    const made = { timestamp, baseFeePerGas, gasLimit: GAS_LIMIT + fork };
    const recipient = this.recipientOf(proposer);
    if (!this.#payment) return { ...made, feeRecipient: recipient };
    if (!(await payProposer(this.execution.anvil, this.chainId, recipient, this.#payment.wei, baseFeePerGas))) {
      this.#payment = null;
      throw new FaceError(409, 'localnet.builder_empty', 'the builder does not hold so much: fund it, it builds no more blocks');
    }
    return { ...made, feeRecipient: BUILDER_ADDRESS };
  }

  /** A block stands: one less of what was asked for. */
  built(): void {
    for (const demand of [this.#payment, this.#baseFee]) if (demand) demand.blocks--;
    if (this.#payment?.blocks === 0) this.#payment = null;
    if (this.#baseFee?.blocks === 0) this.#baseFee = null;
  }
  /** For the status. */
  get asked(): { builder: string | null; baseFee: string | null } {
    return { builder: this.#payment?.wei.toString() ?? null, baseFee: this.#baseFee?.wei.toString() ?? null };
  }
}
