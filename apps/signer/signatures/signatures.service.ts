import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { CONSOLIDATION_REQUESTS, decodeTransaction, WITHDRAWAL_REQUESTS } from '#chains/ethereum';
import { emit } from '#delivery';
import { accept, LARGEST, refuse, type Clock, type Refusal } from '#kernel';
import { SignatureMade, SignatureRefused, type SignatureRequestV1 } from '#messages';
import { SignerConfig } from '../config.js';
import { Keyring } from '../keyring/keyring.service.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { ValidatorKeysService } from '../validator-keys/validator-keys.service.js';
import { fundMessage } from '../validator-keys/validator-keys.store.js';
import { useDay } from './day-use.store.js';
import { EvidenceService, keyEvents, type Gathered } from './evidence.service.js';
import { isSamePayment, refuseReplacement, type SignedBefore } from './replacement-policy.js';
import type { SignatureEntity } from './signature.entity.js';
import { findSignature, insertSignature, lockSender, madeUnder } from './signatures.store.js';
import { leavesTheHouse, refuseSignature, staysAtValidator, type Intent, type SigningRules } from './signing-policy.js';

/** Decides on requests to sign, once each, and answers custody. */
@Injectable()
export class SignaturesService {
  private readonly rules: SigningRules;

  constructor(
    private readonly keyring: Keyring,
    private readonly evidence: EvidenceService,
    private readonly validatorKeys: ValidatorKeysService,
    @Inject(CONFIG) private readonly config: SignerConfig,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.rules = {
      chainId: BigInt(config.ETHEREUM_CHAIN_ID),
      depositContract: config.DEPOSIT_CONTRACT.toLowerCase(),
      exitContract: WITHDRAWAL_REQUESTS,
      consolidationContract: CONSOLIDATION_REQUESTS,
      maxWithdrawal: BigInt(config.MAX_WITHDRAWAL),
      maxGasCost: BigInt(config.MAX_GAS_COST),
      maxExitFee: BigInt(config.MAX_EXIT_FEE),
    };
  }

  /** The same request again gets the same bytes again; another request under a used id or nonce is refused, unless it replaces as it should. */
  async decide(em: EntityManager, request: SignatureRequestV1): Promise<void> {
    await lockSender(em, request.chain, request.intent.from);
    const known = await findSignature(em, request.signatureId);
    if (known) return this.answerAgain(em, known, request);
    const intent = readIntent(request);
    const made = await madeUnder(em, request.chain, intent.from, intent.nonce);
    const before = beforeOf(made, request.intent.replaces);
    const repeated = before !== null && isSamePayment(before, intent, request.transactionId);
    const gathered = await this.evidence.gather(em, request, repeated);
    const refusal =
      refuseSignature(intent, gathered.evidence, this.rules) ??
      this.refuseNonce(request, intent, made, { before, worstCost: gathered.evidence.decoded?.worstCost ?? 0n }) ??
      (repeated ? null : await this.refuseDay(em, intent));
    if (refusal) return this.turnDown(em, request, refusal);
    const { signed, hash } = this.keyring.sign(request.unsigned, request.intent.fromPath);
    const replaces = request.intent.replaces ?? null;
    await this.keep(em, { ...this.row(request), replaces, state: 'made', signed, transactionHash: hash, code: null, detail: null });
    if (!repeated) await this.moveKey(em, request, gathered);
  }

  private async moveKey(em: EntityManager, { signatureId, intent }: SignatureRequestV1, { key, message }: Gathered): Promise<void> {
    const event = keyEvents[intent.purpose];
    if (!key || !event) return;
    if (message) await fundMessage(em, message.requestId, signatureId);
    await this.validatorKeys.move(em, key, event, `signature ${signatureId}`, intent.purpose === 'credentials_switch');
  }

  private refuseNonce(
    { intent: { replaces }, transactionId }: SignatureRequestV1,
    intent: Intent,
    made: readonly SignatureEntity[],
    { before, worstCost }: { before: SignedBefore | null; worstCost: bigint },
  ): Refusal | null {
    if (replaces !== undefined)
      return refuseReplacement(before, intent, { transactionId, worstCost }, { mostReplacements: this.config.MAX_REPLACEMENTS });
    const [used] = made;
    if (!used) return null;
    const detail = 'Another transaction with this nonce was signed for this address.';
    return refuse('signature.nonce_conflict', detail, { signatureId: used.id }).refusal;
  }

  private async refuseDay(em: EntityManager, { purpose, value }: Intent): Promise<Refusal | null> {
    const { MAX_WITHDRAWN_A_DAY, MAX_WITHDRAWALS_A_DAY, MAX_DEPOSITS_A_DAY } = this.config;
    const day = this.clock.now().toISOString().slice(0, 10);
    if (leavesTheHouse(purpose)) {
      const limit = { signatures: MAX_WITHDRAWALS_A_DAY, amount: BigInt(MAX_WITHDRAWN_A_DAY) };
      if (!(await useDay(em, day, 'withdrawal', value, limit)))
        return refuse('signature.withdrawals_a_day', 'The withdrawals of this day are above what a day may take.').refusal;
    }
    if (staysAtValidator(purpose) && !(await useDay(em, day, 'deposit', value, { signatures: MAX_DEPOSITS_A_DAY, amount: LARGEST })))
      return refuse('signature.deposits_a_day', 'More deposits than a day may have.').refusal;
    return null;
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
    return { ...this.row(request), replaces: null, state: 'refused', signed: null, transactionHash: null, code, detail };
  }

  private row(request: SignatureRequestV1): Omit<SignatureEntity, 'replaces' | 'state' | 'signed' | 'transactionHash' | 'code' | 'detail'> {
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
    ...(i.replaces === undefined ? [] : [i.replaces]),
  ];
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}

/** What is said to be replaced, as the signer itself signed it: its data and cost are read from its own bytes. */
function beforeOf(made: readonly SignatureEntity[], replaces: string | undefined): SignedBefore | null {
  const row = replaces === undefined ? undefined : made.find(({ id }) => id === replaces);
  if (row?.signed == null) return null;
  const { data, worstCost } = accept(decodeTransaction(row.signed));
  const { transactionId, purpose, chain, sender, recipient, value, nonce } = row;
  const payment = { transactionId, purpose, chain, from: sender, to: recipient, value, nonce, data, worstCost };
  return { ...payment, replaced: made.some((other) => other.replaces === row.id), count: made.length };
}
