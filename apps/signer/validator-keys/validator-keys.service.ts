import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { addressOfCredentials, fromGwei, signDeposit, typeOfCredentials } from '#chains/ethereum';
import { emit } from '#delivery';
import { invariant, type Clock, type Refusal } from '#kernel';
import { DepositDataRefused, DepositDataSigned, type DepositDataRequestV1 } from '#messages';
import { SignerConfig } from '../config.js';
import { Keyring } from '../keyring/keyring.service.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { isCredentialsOf } from './credentials.js';
import { refuseDepositData } from './deposit-data-policy.js';
import type { DepositMessageEntity } from './deposit-message.entity.js';
import { moveValidatorKey, validatorKeyMachine, type ValidatorKeyEvent } from './validator-key.js';
import type { ValidatorKeyEntity } from './validator-key.entity.js';
import { findMessage, insertKey, insertMessage, keyOf, lockByPubkey, saveMove, takeIndex } from './validator-keys.store.js';

const ACTOR = { kind: 'system', id: 'signer' } as const;

/** Gives out validator keys, each once, and signs their deposit messages: the first with the key, further ones when a key is named. */
@Injectable()
export class ValidatorKeysService {
  constructor(
    private readonly keyring: Keyring,
    @Inject(CONFIG) private readonly config: SignerConfig,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Asking twice with one request id answers twice with the same message. */
  async issue(em: EntityManager, request: DepositDataRequestV1): Promise<void> {
    const known = await findMessage(em, request.requestId);
    if (known) return this.answer(em, known);
    const named = request.pubkey === undefined ? undefined : await lockByPubkey(em, request.pubkey);
    const refusal = this.refuse(request, named);
    if (refusal) return this.turnDown(em, request, refusal);
    const keyIndex = named?.keyIndex ?? (await takeIndex(em, request.chain, this.config.FIRST_VALIDATOR_KEY));
    const message = this.sign(request, keyIndex);
    if (!named) await insertKey(em, this.keyOf(request, keyIndex, message));
    await insertMessage(em, message);
    await record(em, {
      actor: ACTOR,
      action: named ? 'validator_key.sign_further' : 'validator_key.issue',
      resource: `validator_key:${message.pubkey}`,
      details: {
        request: request.requestId,
        pool: request.poolId,
        amount_gwei: request.amountGwei,
        credentials: message.withdrawalCredentials,
      },
    });
    await this.answer(em, message);
  }

  /** The signing policy has asked before whether the key may move so. */
  async move(em: EntityManager, key: ValidatorKeyEntity, event: ValidatorKeyEvent, reason: string, compounding: boolean): Promise<void> {
    const moved = moveValidatorKey(key.state, event);
    invariant(moved.ok, 'validator_key.forbidden_move', { pubkey: key.pubkey, state: key.state, event });
    const now = this.clock.now();
    const compoundingAt = compounding ? (key.compoundingAt ?? now) : key.compoundingAt;
    await saveMove(em, { ...key, state: moved.value, compoundingAt, version: key.version + 1, updatedAt: now }, reason);
  }

  private refuse(request: DepositDataRequestV1, named: ValidatorKeyEntity | null | undefined): Refusal | null {
    const payee = addressOfCredentials(request.withdrawalCredentials);
    const key = named && {
      poolId: named.poolId,
      state: named.state,
      sameCredentials: isCredentialsOf(named, request.withdrawalCredentials),
    };
    return refuseDepositData({
      chain: request.chain,
      poolId: request.poolId,
      amountGwei: BigInt(request.amountGwei),
      genesisForkVersion: request.genesisForkVersion,
      ownForkVersion: this.config.ETHEREUM_GENESIS_FORK_VERSION,
      credentialsType: typeOfCredentials(request.withdrawalCredentials),
      paysOwnVault: payee !== null && this.keyring.isVault(payee, this.config.VAULT_WINDOW),
      ...(key === undefined ? {} : { key }),
    });
  }

  private sign(request: DepositDataRequestV1, keyIndex: number): DepositMessageEntity {
    const { key } = this.keyring.validatorKey(keyIndex);
    const deposit = signDeposit(key, request.withdrawalCredentials, fromGwei(BigInt(request.amountGwei)), request.genesisForkVersion);
    const { pubkey, withdrawalCredentials, signature, depositDataRoot } = deposit;
    invariant(request.pubkey === undefined || request.pubkey === pubkey, 'validator_key.other_key', { pubkey });
    return {
      requestId: request.requestId,
      pubkey,
      withdrawalCredentials,
      amountGwei: BigInt(request.amountGwei),
      signature,
      depositDataRoot,
      signatureId: null,
      createdAt: this.clock.now(),
    };
  }

  private keyOf(request: DepositDataRequestV1, keyIndex: number, message: DepositMessageEntity): ValidatorKeyEntity {
    const { requestId, pubkey, withdrawalCredentials, amountGwei, signature, depositDataRoot, createdAt } = message;
    const fresh = { compoundingAt: null, state: validatorKeyMachine.initial, version: 1, createdAt, updatedAt: createdAt };
    const { path: keyPath } = this.keyring.validatorKey(keyIndex);
    const whose = { chain: request.chain, poolId: request.poolId, keyIndex, keyPath };
    return { pubkey, ...whose, requestId, withdrawalCredentials, amountGwei, signature, depositDataRoot, ...fresh };
  }

  private async answer(em: EntityManager, message: DepositMessageEntity): Promise<void> {
    const { requestId, pubkey, withdrawalCredentials, signature, depositDataRoot } = message;
    const key = await keyOf(em, pubkey);
    invariant(key !== null, 'validator_key.absent', { pubkey });
    const payload = { requestId, pubkey, withdrawalCredentials, amountGwei: message.amountGwei.toString(), signature, depositDataRoot };
    await emit(em, DepositDataSigned, { aggregate: requestId, payload: { ...payload, keyPath: key.keyPath } });
  }

  private async turnDown(em: EntityManager, { requestId, poolId }: DepositDataRequestV1, { code, detail }: Refusal): Promise<void> {
    await record(em, {
      actor: ACTOR,
      action: 'validator_key.refuse',
      resource: `deposit_data:${requestId}`,
      reason: code,
      details: { pool: poolId },
    });
    await emit(em, DepositDataRefused, { aggregate: requestId, payload: { requestId, code, detail } });
  }
}
