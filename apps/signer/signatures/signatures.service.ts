import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { WITHDRAWAL_REQUESTS } from '#chains/ethereum';
import { emit } from '#delivery';
import { refuse, type Clock, type Refusal } from '#kernel';
import { SignatureMade, SignatureRefused, type SignatureRequestV1 } from '#messages';
import { SignerConfig } from '../config.js';
import { Keyring } from '../keyring/keyring.service.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { ValidatorKeysService } from '../validator-keys/validator-keys.service.js';
import { EvidenceService } from './evidence.service.js';
import type { SignatureEntity } from './signature.entity.js';
import { findByNonce, findSignature, insertSignature, lockSender } from './signatures.store.js';
import { refuseSignature, type Intent, type SigningRules } from './signing-policy.js';

/** Decides on requests to sign, once each, and answers custody. */
@Injectable()
export class SignaturesService {
  private readonly rules: SigningRules;

  constructor(
    private readonly keyring: Keyring,
    private readonly evidence: EvidenceService,
    private readonly validatorKeys: ValidatorKeysService,
    @Inject(CONFIG) config: SignerConfig,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.rules = {
      chainId: BigInt(config.ETHEREUM_CHAIN_ID),
      depositContract: config.DEPOSIT_CONTRACT.toLowerCase(),
      exitContract: WITHDRAWAL_REQUESTS,
      maxWithdrawal: BigInt(config.MAX_WITHDRAWAL),
      maxGasCost: BigInt(config.MAX_GAS_COST),
      maxExitFee: BigInt(config.MAX_EXIT_FEE),
    };
  }

  /** The same request again gets the same bytes again; another request under a used id or nonce is refused. */
  async decide(em: EntityManager, request: SignatureRequestV1): Promise<void> {
    await lockSender(em, request.chain, request.intent.from);
    const known = await findSignature(em, request.signatureId);
    if (known) return this.answerAgain(em, known, request);
    const { evidence, key } = await this.evidence.gather(em, request);
    const refusal = refuseSignature(readIntent(request), evidence, this.rules) ?? (await this.refuseUsedNonce(em, request));
    if (refusal) return this.turnDown(em, request, refusal);
    const { signed, hash } = this.keyring.sign(request.unsigned, request.intent.fromPath);
    if (key) {
      const event = request.intent.purpose === 'stake_deposit' ? 'sign_deposit' : 'sign_exit';
      await this.validatorKeys.move(em, key, event, `signature ${request.signatureId}`);
    }
    await this.keep(em, { ...this.row(request), state: 'made', signed, transactionHash: hash, code: null, detail: null });
  }

  private async refuseUsedNonce(em: EntityManager, { chain, intent }: SignatureRequestV1): Promise<Refusal | null> {
    const used = await findByNonce(em, chain, intent.from, BigInt(intent.nonce));
    return (
      used &&
      refuse('signature.nonce_conflict', 'Another transaction with this nonce was signed for this address.', { signatureId: used.id })
        .refusal
    );
  }

  private async answerAgain(em: EntityManager, known: SignatureEntity, request: SignatureRequestV1): Promise<void> {
    if (known.requestHash === hashOf(request)) return this.answer(em, known);
    const reused = this.refusedRow(request, refuse('signature.id_reused', 'Another request was made under this id.').refusal);
    await this.audit(em, reused);
    await this.answer(em, reused);
  }

  private turnDown(em: EntityManager, request: SignatureRequestV1, refusal: Refusal): Promise<void> {
    return this.keep(em, this.refusedRow(request, refusal));
  }

  private async keep(em: EntityManager, signature: SignatureEntity): Promise<void> {
    await insertSignature(em, signature);
    await this.audit(em, signature);
    await this.answer(em, signature);
  }

  private refusedRow(request: SignatureRequestV1, { code, detail }: Refusal): SignatureEntity {
    return { ...this.row(request), state: 'refused', signed: null, transactionHash: null, code, detail };
  }

  private row(request: SignatureRequestV1): Omit<SignatureEntity, 'state' | 'signed' | 'transactionHash' | 'code' | 'detail'> {
    const { intent } = request;
    return {
      id: request.signatureId,
      transactionId: request.transactionId,
      chain: request.chain,
      requestHash: hashOf(request),
      purpose: intent.purpose,
      sender: intent.from,
      recipient: intent.to,
      value: BigInt(intent.value),
      nonce: BigInt(intent.nonce),
      createdAt: this.clock.now(),
    };
  }

  private async audit(
    em: EntityManager,
    { id, transactionId, purpose, sender, recipient, value, nonce, code }: SignatureEntity,
  ): Promise<void> {
    await record(em, {
      actor: { kind: 'system', id: 'signer' },
      action: code === null ? 'signature.make' : 'signature.refuse',
      resource: `signature:${id}`,
      ...(code === null ? {} : { reason: code }),
      details: { transaction: transactionId, purpose, sender, recipient, value: value.toString(), nonce: nonce.toString() },
    });
  }

  private async answer(em: EntityManager, { id, transactionId, signed, transactionHash, code, detail }: SignatureEntity): Promise<void> {
    const about = { signatureId: id, transactionId };
    if (signed !== null && transactionHash !== null) {
      return emit(em, SignatureMade, { aggregate: transactionId, payload: { ...about, signed, transactionHash } });
    }
    return emit(em, SignatureRefused, { aggregate: transactionId, payload: { ...about, code: code ?? '', detail: detail ?? '' } });
  }
}

const readIntent = ({ chain, intent }: SignatureRequestV1): Intent => ({
  chain,
  purpose: intent.purpose,
  from: intent.from,
  to: intent.to,
  toPath: intent.toPath ?? null,
  value: BigInt(intent.value),
  data: intent.data,
  nonce: BigInt(intent.nonce),
  chainId: BigInt(intent.chainId),
  gasLimitCost: BigInt(intent.gasLimitCost),
});

function hashOf({ transactionId, chain, unsigned, intent: i }: SignatureRequestV1): string {
  const fields = [
    transactionId,
    chain,
    unsigned,
    i.purpose,
    i.fromPath,
    i.from,
    i.to,
    i.toPath ?? null,
    i.value,
    i.data,
    i.nonce,
    i.chainId,
    i.gasLimitCost,
  ];
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}
