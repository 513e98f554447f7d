import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import { accept, invariant, type Clock } from '#kernel';
import { SignatureMade, SignatureRefused, type SignatureMadeV1, type SignatureRefusedV1 } from '#messages';
import { CHAINS, type Chains } from '../chain/chains.js';
import { CLOCK } from '../tokens.js';
import { advanceNonce, walletById } from '../wallets/wallets.store.js';
import { announce } from './announcer.js';
import type { AttemptEntity } from './attempt.entity.js';
import { answerAttempt, attemptBySignature } from './attempts.store.js';
import { expectedOfRow } from './building.js';
import { compareWithIntent } from './comparison.js';
import { refuseTransaction } from './refusing.js';
import { isLaunched } from './transaction.js';
import type { TransactionEntity } from './transaction.entity.js';
import { amendRow, lockTransaction, moveRow, noteTrouble, type TransactionChange } from './transactions.store.js';

/** The signer's answers. */
@Injectable()
export class SignaturesProcessor {
  constructor(
    @Inject(CHAINS) private readonly chains: Chains,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Decodes the signed bytes again; they are stored only if they are the intent, from the right address, under the announced hash. */
  @Handles(SignatureMade)
  async made(em: EntityManager, made: SignatureMadeV1): Promise<void> {
    const { row, attempt } = await this.asked(em, made);
    if (attempt.signed === made.signed) return;
    invariant(attempt.state === 'asked', 'signature.unexpected', { transactionId: row.id, state: attempt.state });
    const chain = this.chains.get(row.chain);
    const wallet = await walletById(em, row.fromWalletId);
    invariant(chain !== undefined && wallet !== null && row.nonce !== null, 'signature.unplaceable', { transactionId: row.id });
    const expected = expectedOfRow(chain, row, wallet.address, attempt.worstCost);
    const same = compareWithIntent(expected, accept(chain.writer.decode(made.signed)), { hash: made.transactionHash });
    invariant(same.ok, 'signature.differs_from_intent', { transactionId: row.id, ...(same.ok ? {} : same.refusal.facts) });
    const [at, bytes] = [this.clock.now(), { signed: made.signed, hash: made.transactionHash }];
    await answerAttempt(em, attempt, { state: 'signed', ...bytes }, at);
    if (attempt.number > 1) return this.keepReplacement(em, row, { ...bytes, unsigned: attempt.unsigned }, at);
    invariant(row.state === 'signing', 'signature.unexpected', { transactionId: row.id, state: row.state });
    await advanceNonce(em, row.fromWalletId, row.nonce + 1n);
    const signed = await moveRow(em, row, 'sign', bytes, at);
    await announce(em, signed, 'sign', at);
  }

  /** Whoever asked has heard of the first signature; which attempt the chain took is said when that is final. */
  private async keepReplacement(
    em: EntityManager,
    row: TransactionEntity,
    bytes: Required<Pick<TransactionChange, 'unsigned' | 'signed' | 'hash'>>,
    at: Date,
  ): Promise<void> {
    if (isLaunched(row.state)) await amendRow(em, row, { ...bytes, code: null, detail: null }, 'transaction.replacement_signed', at);
  }

  /** The signer's policy said no. The nonce was not used up; gas and money go back. A replacement refused leaves what was signed before. */
  @Handles(SignatureRefused)
  async refused(em: EntityManager, refused: SignatureRefusedV1): Promise<void> {
    const { row, attempt } = await this.asked(em, refused);
    if (attempt.state === 'refused') return;
    const [at, why] = [this.clock.now(), { code: refused.code, detail: refused.detail }];
    await answerAttempt(em, attempt, { state: 'refused', ...why }, at);
    if (attempt.number > 1) return noteTrouble(em, row.id, why);
    await refuseTransaction(em, row, why, at);
  }

  private async asked(
    em: EntityManager,
    { signatureId, transactionId }: { signatureId: string; transactionId: string },
  ): Promise<{ row: TransactionEntity; attempt: AttemptEntity }> {
    const row = await lockTransaction(em, transactionId);
    const attempt = await attemptBySignature(em, signatureId);
    invariant(row !== null && attempt?.transactionId === transactionId, 'signature.unknown', { signatureId });
    return { row, attempt };
  }
}
