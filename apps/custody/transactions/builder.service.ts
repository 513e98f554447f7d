import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Chain, FeeQuote, TransactionPlan } from '#chains';
import { Transactor } from '#database';
import { emit, Schedule } from '#delivery';
import { Fault, invariant, InvariantBroken, refuse, uuid5, type Clock, type Refusal, type Result } from '#kernel';
import { scopesHeld } from '#ledger';
import { SignatureRequest } from '#messages';
import type { Logger } from '#runtime';
import { CHAINS, type Chains } from '../chain/chains.js';
import type { CustodyConfig } from '../config.js';
import { cursorOf, isFollowing } from '../follower/cursor.store.js';
import { CLOCK, CONFIG, LOGGER } from '../tokens.js';
import type { WalletEntity } from '../wallets/wallet.entity.js';
import { lockSender, walletById } from '../wallets/wallets.store.js';
import { insertAttempt } from './attempts.store.js';
import { buildBytes, decideValue, intentOf, type Built } from './building.js';
import { gasFloat, spendable } from './funds.js';
import { FloatTaken, reserveGas } from './gas.js';
import { mayPass, planFor } from './planning.js';
import { refuseTransaction } from './refusing.js';
import { isUnbuilt, overtakes, waitingStates, type Wait } from './transaction.js';
import type { TransactionEntity } from './transaction.entity.js';
import { isSigning, lockTransaction, moveRow, noteNeed, sendersWithWork, unbuiltOf, validatorsOfPool } from './transactions.store.js';

/** asked: the signer has it · passed: it waits, others may go on · blocked: it waits and so does everything behind it. */
type Outcome = 'asked' | 'passed' | 'blocked';
/** A run leaves the rest of a long queue to the next one. */
const MOST_A_RUN = 50;

/** intent → build → decode and compare → reserve gas → ask for a signature. One transaction of an address at a time, in order of arrival. */
@Injectable()
export class BuilderService {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CHAINS) private readonly chains: Chains,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: CustodyConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Schedule<CustodyConfig>({ name: 'build-transactions', everyMs: (config) => config.TRANSACT_EVERY_MS })
  async run(): Promise<void> {
    for (const chain of this.chains.values()) await this.drain(chain);
  }

  /** As much as can be built now: an address goes on when its signature has come, as long as they come. */
  private async drain(chain: Chain): Promise<void> {
    const open = new Set(
      await this.transactor.read(async (em) => ((await isFollowing(em, chain.name)) ? sendersWithWork(em, chain.name) : [])),
    );
    let waitingSince = performance.now();
    for (let asked = 0; open.size > 0 && asked < MOST_A_RUN;) {
      const before = asked;
      for (const walletId of open) {
        if (await this.transactor.read((em) => isSigning(em, walletId))) continue;
        if (await this.tryNext(chain, walletId)) asked++;
        else open.delete(walletId);
      }
      if (asked > before) waitingSince = performance.now();
      else if (performance.now() - waitingSince >= this.config.SIGNATURE_WAIT_MS) return;
      else if (open.size > 0) await pause(25);
    }
  }

  /** One address in trouble does not stop the others. */
  private async tryNext(chain: Chain, walletId: string): Promise<boolean> {
    try {
      return await this.buildNext(chain, walletId);
    } catch (error) {
      if (error instanceof InvariantBroken) this.logger.error({ err: error, walletId }, 'ALARM: a transaction cannot be built');
      else if (error instanceof Fault) this.logger.warn({ walletId, code: error.code, detail: error.message }, 'not built; trying again');
      else throw error;
      return false;
    }
  }

  /** True: a signature was asked for. First come, first served; only what feeds a vault overtakes, as others may wait for that vault. */
  private async buildNext(chain: Chain, walletId: string): Promise<boolean> {
    const { from, queue } = await this.transactor.read(async (em) => ({
      from: await walletById(em, walletId),
      queue: await unbuiltOf(em, walletId),
    }));
    invariant(from !== null, 'wallet.absent', { walletId });
    const ordered = [...queue.filter((row) => overtakes(row.purpose)), ...queue.filter((row) => !overtakes(row.purpose))];
    for (const row of ordered) {
      const outcome = await this.build(chain, row, from);
      if (outcome !== 'passed') return outcome === 'asked';
    }
    return false;
  }

  async build(chain: Chain, row: TransactionEntity, from: WalletEntity): Promise<Outcome> {
    const { to, ours, held } = await this.transactor.read(async (em) => ({
      // asked first: what a hold stops must not make others wait for the money it would need
      held: await isHeld(em, row),
      to: row.toWalletId === null ? null : await walletById(em, row.toWalletId),
      ours: row.purpose === 'consolidation' && row.poolId !== null ? await validatorsOfPool(em, row.chain, row.poolId) : new Set<string>(),
    }));
    if (held) return this.settle(row, 'wait_hold', underHold());
    const planned = await planFor(chain, row, from, to, ours);
    if (!planned.ok) return this.settle(row, mayPass(planned.refusal) ? 'wait_chain' : 'refuse', planned.refusal);
    const plan = planned.value;
    // asked before the chain is: a node cannot price what the address cannot pay
    const early = await this.transactor.read((em) => spendable(em, from, row.asset));
    if (row.purpose !== 'sweep' && plan.value > early) return this.settle(row, 'wait_funds', tooLittle(plan.value, early));
    const quoted = await this.quote(chain, plan);
    if (!quoted.ok) return this.settle(row, 'refuse', quoted.refusal);
    const chainNonce = await chain.writer.nextNonce(from.address);
    try {
      return await this.transactor.run((em) => this.ask(em, chain, row.id, { plan, fee: quoted.value, chainNonce, from, to }));
    } catch (error) {
      if (error instanceof FloatTaken) return this.settle(row, 'wait_gas', floatEmpty());
      throw error;
    }
  }

  /** A transaction that the chain would revert is refused before it costs anything; any other trouble of the node is not its fault. */
  private async quote(chain: Chain, plan: TransactionPlan): Promise<Result<FeeQuote>> {
    try {
      return { ok: true, value: await chain.writer.quoteFee(plan) };
    } catch (error) {
      if (error instanceof Fault && error.code === 'chain.execution_reverts')
        return refuse(error.code, 'The chain would refuse this transaction.');
      throw error;
    }
  }

  private async ask(em: EntityManager, chain: Chain, id: string, at: Asking): Promise<Outcome> {
    const sender = await lockSender(em, at.from.id, at.chainNonce);
    const row = await lockTransaction(em, id);
    if (row === null || !isUnbuilt(row.state) || sender.stoppedAt !== null || (await isSigning(em, at.from.id))) return 'blocked';
    invariant(at.chainNonce <= sender.nextNonce, 'transaction.foreign_nonce', {
      address: at.from.address,
      chain: String(at.chainNonce),
      ours: String(sender.nextNonce),
    });
    if (await isHeld(em, row)) return this.move(em, row, 'wait_hold', underHold());
    const free = await spendable(em, at.from, row.asset);
    const value = decideValue(row, at.plan, at.fee.worstCost, free, {
      keep: at.from.role === 'vault' ? BigInt(this.config.VAULT_KEEP) : 0n,
    });
    if (!value.ok) {
      await noteNeed(em, row.id, at.plan.value, at.fee.worstCost);
      return this.move(em, row, row.purpose === 'sweep' ? 'refuse' : 'wait_funds', value.refusal);
    }
    const built = buildBytes(chain, row, { ...at.plan, value: value.value }, sender.nextNonce, at.fee, uuid5('signature', row.id));
    if (built.reserve > (await gasFloat(em, row.chain, row.asset))) return this.move(em, row, 'wait_gas', floatEmpty());
    await this.requestSignature(em, chain, row, built, at);
    await reserveGas(em, row, built.reserve, uuid5('gas.reserve', row.id), this.clock.now());
    return 'asked';
  }

  private async requestSignature(em: EntityManager, chain: Chain, row: TransactionEntity, built: Built, at: Asking): Promise<void> {
    const { plan, nonce, worstCost, reserve, unsigned, signatureId } = built;
    const change = { target: plan.to, value: plan.value, data: plan.data, nonce, worstCost, reserved: reserve, unsigned, signatureId };
    await moveRow(em, row, 'ask', change, this.clock.now());
    const headNumber = (await cursorOf(em, chain.name))?.headNumber ?? 0n;
    const asked = { transactionId: row.id, number: 1, chain: row.chain, signatureId, unsigned, headNumber };
    await insertAttempt(em, { ...asked, fee: at.fee, at: this.clock.now() });
    const intent = intentOf(chain, row, built, at.from.path, at.to?.path ?? null);
    const payload = { signatureId, transactionId: row.id, chain: row.chain, unsigned, intent };
    await emit(em, SignatureRequest, { aggregate: at.from.id, payload });
  }

  private settle(row: TransactionEntity, event: Wait | 'refuse', refusal: Refusal): Promise<Outcome> {
    return this.transactor.run(async (em) => {
      const locked = await lockTransaction(em, row.id);
      return locked === null || !isUnbuilt(locked.state) ? 'blocked' : this.move(em, locked, event, refusal);
    });
  }

  /** Into a waiting state, or refused for good. Waiting on as before is no move. */
  private async move(em: EntityManager, row: TransactionEntity, event: Wait | 'refuse', refusal: Refusal): Promise<Outcome> {
    if (event === 'refuse') await refuseTransaction(em, row, refusal, this.clock.now());
    else if (waitingStates[event] !== row.state)
      await moveRow(em, row, event, { code: refusal.code, detail: refusal.detail }, this.clock.now());
    return event === 'wait_funds' || event === 'wait_gas' ? 'blocked' : 'passed';
  }
}

interface Asking {
  readonly plan: TransactionPlan;
  readonly fee: FeeQuote;
  readonly chainNonce: bigint;
  readonly from: WalletEntity;
  readonly to: WalletEntity | null;
}

const isHeld = async (em: EntityManager, { purpose, clientId }: TransactionEntity): Promise<boolean> =>
  purpose === 'withdrawal' && clientId !== null && (await scopesHeld(em, clientId)).includes('withdraw');

const underHold = (): Refusal => refuse('transaction.waiting_hold', 'A hold on the client stops withdrawals.').refusal;
const tooLittle = (needed: bigint, free: bigint): Refusal =>
  refuse('transaction.waiting_funds', 'The address holds too little for value and gas.', {
    needed_atomic: needed.toString(),
    free_atomic: free.toString(),
  }).refusal;
const floatEmpty = (): Refusal =>
  refuse('gas.float_empty', 'The gas float cannot cover the worst cost; the house has to top it up.').refusal;
