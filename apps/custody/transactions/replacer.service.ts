import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Chain, FeeQuote, TransactionPlan } from '#chains';
import { Transactor } from '#database';
import { emit } from '#delivery';
import { amount, Fault, invariant, refuse, uuid5, type Clock, type Refusal } from '#kernel';
import { SignatureRequest } from '#messages';
import type { Logger } from '#runtime';
import type { CustodyConfig } from '../config.js';
import { CustodyMetrics } from '../status/metrics.js';
import { CLOCK, CONFIG, LOGGER } from '../tokens.js';
import { walletById } from '../wallets/wallets.store.js';
import type { WalletEntity } from '../wallets/wallet.entity.js';
import type { AttemptEntity } from './attempt.entity.js';
import { attemptsOf, insertAttempt } from './attempts.store.js';
import { buildBytes, intentOf } from './building.js';
import { gasFloat, spendable } from './funds.js';
import { FloatTaken, reserveGas } from './gas.js';
import { decideReplacement, isStuck, mayReplaceAgain, needsPeople, type ReplacementLimits } from './replacement.js';
import { isLaunched, paidByHouse } from './transaction.js';
import type { TransactionEntity } from './transaction.entity.js';
import { amendRow, lockTransaction, noteLack, noteTrouble } from './transactions.store.js';

/**
 * Asks for a signature with a higher fee where a transaction is stuck: same nonce, destination, value and data, so that whichever attempt
 * the chain takes is the one payment. The attempt, its gas and the request commit together before anybody signs.
 */
@Injectable()
export class ReplacerService {
  private readonly limits: ReplacementLimits;

  constructor(
    private readonly transactor: Transactor,
    private readonly metrics: CustodyMetrics,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) config: CustodyConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const { REPLACE_AFTER_BLOCKS, MAX_REPLACEMENTS, MAX_GAS_COST } = config;
    this.limits = { afterBlocks: BigInt(REPLACE_AFTER_BLOCKS), most: MAX_REPLACEMENTS, maxGasCost: BigInt(MAX_GAS_COST) };
  }

  /** `attempts`: all of the row's, oldest first; none of them is in a block. */
  async consider(chain: Chain, row: TransactionEntity, attempts: readonly AttemptEntity[], head: bigint): Promise<void> {
    const youngest = attempts.at(-1);
    const signed = attempts.findLast((attempt) => attempt.state === 'signed');
    if (!youngest || !signed || youngest.state === 'asked' || head <= youngest.headNumber) return;
    const from = await this.transactor.read((em) => walletById(em, row.fromWalletId));
    invariant(from !== null, 'wallet.absent', { walletId: row.fromWalletId });
    // one that waits for an earlier nonce is not stuck: that one is
    if ((await chain.writer.nextNonce(from.address)) !== row.nonce) return;
    try {
      await this.price(chain, row, { from, signed, youngest, attempts: attempts.length, head });
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'fee.over_cap') throw error;
      // the network asks more than is ever paid: said when its time has come, and asked again until fees have fallen
      if (head - youngest.headNumber >= this.limits.afterBlocks) await this.note(row, refuse('transaction.fee_cap', error.message).refusal);
    }
  }

  private async price(chain: Chain, row: TransactionEntity, { from, signed, youngest, attempts, head }: Waiting): Promise<void> {
    const plan = planOf(row, from);
    const present = await chain.writer.quoteFee(plan);
    const waiting = { blocks: head - youngest.headNumber, maxFeePerGas: signed.maxFeePerGas, presentMaxFee: present.maxFeePerGas };
    if (!isStuck(waiting, this.limits)) return;
    const exhausted = mayReplaceAgain(attempts, this.limits);
    if (exhausted) return this.note(row, exhausted);
    const fee = await chain.writer.bumpFee(plan, previousFee(signed, present));
    await this.replace(chain, row, { plan, fee, from, replaces: signed, number: youngest.number + 1, head });
  }

  private async replace(chain: Chain, seen: TransactionEntity, to: Replacing): Promise<void> {
    try {
      const refusal = await this.transactor.run((em) => this.ask(em, chain, seen.id, to));
      if (refusal) return await this.note(seen, refusal);
      this.metrics.replacement(chain.name);
      this.logger.warn(
        { transactionId: seen.id, nonce: String(seen.nonce), number: to.number, maxFeePerGas: String(to.fee.maxFeePerGas) },
        'a transaction is stuck: a replacement with a higher fee is asked for',
      );
    } catch (error) {
      if (!(error instanceof FloatTaken)) throw error; // another transaction was faster; the next look asks again
    }
  }

  private async ask(em: EntityManager, chain: Chain, id: string, to: Replacing): Promise<Refusal | null> {
    const row = await lockTransaction(em, id);
    if (row === null || !isLaunched(row.state) || row.state === 'included') return null;
    const attempts = (await attemptsOf(em, [id])).get(id) ?? [];
    if (attempts.length !== to.number - 1) return null; // another instance was here
    invariant(row.worstCost !== null && row.nonce !== null, 'transaction.not_built', { id });
    const float = paidByHouse(row.purpose) ? null : await gasFloat(em, row.chain, row.asset);
    const funds = { worstCost: row.worstCost, spendable: await spendable(em, to.from, row.asset), float };
    const more = decideReplacement(to.fee, funds, this.limits);
    if (!more.ok) {
      if (more.refusal.code === 'transaction.replacement_unfunded') await noteLack(em, id, amount(to.fee.worstCost - row.worstCost));
      return more.refusal;
    }
    const at = this.clock.now();
    const signatureId = uuid5('signature', id, String(to.number));
    const built = buildBytes(chain, row, to.plan, row.nonce, to.fee, signatureId);
    const asked = { transactionId: id, number: to.number, chain: row.chain, signatureId, unsigned: built.unsigned, headNumber: to.head };
    await insertAttempt(em, { ...asked, fee: to.fee, at });
    const extra = amount(paidByHouse(row.purpose) ? 0n : more.value);
    const change = {
      worstCost: amount(row.worstCost + more.value),
      reserved: amount(row.reserved + extra),
      lacks: null,
      code: null,
      detail: null,
    };
    await amendRow(em, row, change, 'transaction.replaced', at);
    const intent = { ...intentOf(chain, row, built, to.from.path, await this.ownPath(em, row)), replaces: to.replaces.signatureId };
    const payload = { signatureId, transactionId: id, chain: row.chain, unsigned: built.unsigned, intent };
    await emit(em, SignatureRequest, { aggregate: to.from.id, payload });
    await reserveGas(em, row, extra, uuid5('gas.reserve', id, String(to.number)), at);
    return null;
  }

  private async ownPath(em: EntityManager, { toWalletId }: TransactionEntity): Promise<string | null> {
    return toWalletId === null ? null : ((await walletById(em, toWalletId))?.path ?? null);
  }

  /** Written down and, the first time, said aloud. */
  private async note(row: TransactionEntity, refusal: Refusal): Promise<void> {
    if (row.code === refusal.code) return;
    await this.transactor.run((em) => noteTrouble(em, row.id, refusal));
    const about = { transactionId: row.id, nonce: String(row.nonce), code: refusal.code, facts: refusal.facts };
    if (needsPeople(refusal.code)) this.logger.error(about, 'ALARM: a transaction is stuck and may not be replaced');
    else this.logger.warn(about, 'a stuck transaction cannot be replaced yet');
  }
}

interface Waiting {
  readonly from: WalletEntity;
  readonly signed: AttemptEntity;
  readonly youngest: AttemptEntity;
  readonly attempts: number;
  readonly head: bigint;
}

interface Replacing {
  readonly plan: TransactionPlan;
  readonly fee: FeeQuote;
  readonly from: WalletEntity;
  readonly replaces: AttemptEntity;
  readonly number: number;
  readonly head: bigint;
}

function planOf(row: TransactionEntity, from: WalletEntity): TransactionPlan {
  const { target, value, data } = row;
  invariant(target !== null && value !== null && data !== null, 'transaction.not_built', { id: row.id });
  return { from: from.address, to: target, value, data };
}

/** Prices that were not kept are taken for those that make its worst cost: no lower than they were. */
function previousFee({ gasLimit, maxFeePerGas, maxPriorityFeePerGas, worstCost }: AttemptEntity, present: FeeQuote): FeeQuote {
  if (gasLimit === null || maxFeePerGas === null || maxPriorityFeePerGas === null) {
    invariant(present.gasLimit > 0n, 'chain.gas_limit', {});
    return { ...present, maxFeePerGas: (worstCost + present.gasLimit - 1n) / present.gasLimit, worstCost };
  }
  return { gasLimit, maxFeePerGas, maxPriorityFeePerGas, worstCost };
}
