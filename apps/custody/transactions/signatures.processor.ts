import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import { accept, invariant, type Clock } from '#kernel';
import { SignatureMade, SignatureRefused, type SignatureMadeV1, type SignatureRefusedV1 } from '#messages';
import { CHAINS, type Chains } from '../chain/chains.js';
import { CLOCK } from '../tokens.js';
import { advanceNonce, walletById } from '../wallets/wallets.store.js';
import { announce } from './announcer.js';
import { expectedOfRow } from './building.js';
import { compareWithIntent } from './comparison.js';
import { refuseTransaction } from './refusing.js';
import { lockBySignature, moveRow } from './transactions.store.js';

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
    const row = await lockBySignature(em, made.signatureId);
    invariant(row !== null && row.id === made.transactionId, 'signature.unknown', { signatureId: made.signatureId });
    if (row.signed === made.signed) return;
    invariant(row.state === 'signing', 'signature.unexpected', { transactionId: row.id, state: row.state });
    const chain = this.chains.get(row.chain);
    const wallet = await walletById(em, row.fromWalletId);
    invariant(chain !== undefined && wallet !== null && row.nonce !== null, 'signature.unplaceable', { transactionId: row.id });
    const same = compareWithIntent(expectedOfRow(chain, row, wallet.address), accept(chain.writer.decode(made.signed)), {
      hash: made.transactionHash,
    });
    invariant(same.ok, 'signature.differs_from_intent', { transactionId: row.id, ...(same.ok ? {} : same.refusal.facts) });
    await advanceNonce(em, row.fromWalletId, row.nonce + 1n);
    const signed = await moveRow(em, row, 'sign', { signed: made.signed, hash: made.transactionHash }, this.clock.now());
    await announce(em, signed, 'sign', this.clock.now());
  }

  /** The signer's policy said no. The nonce was not used up; gas and money go back. */
  @Handles(SignatureRefused)
  async refused(em: EntityManager, refused: SignatureRefusedV1): Promise<void> {
    const row = await lockBySignature(em, refused.signatureId);
    invariant(row !== null && row.id === refused.transactionId, 'signature.unknown', { signatureId: refused.signatureId });
    if (row.state === 'refused') return;
    await refuseTransaction(em, row, { code: refused.code, detail: refused.detail }, this.clock.now());
  }
}
