import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { addressOfCredentials, fromGwei, signDeposit } from '#chains/ethereum';
import { emit } from '#delivery';
import { invariant, type Clock, type Refusal } from '#kernel';
import { DepositDataRefused, DepositDataSigned, type DepositDataRequestV1 } from '#messages';
import { SignerConfig } from '../config.js';
import { Keyring } from '../keyring/keyring.service.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { refuseDepositData } from './deposit-data-policy.js';
import { validatorKeyMachine, moveValidatorKey, type ValidatorKeyEvent } from './validator-key.js';
import type { ValidatorKeyEntity } from './validator-key.entity.js';
import { findByRequest, insertKey, saveMove, takeIndex } from './validator-keys.store.js';

const ACTOR = { kind: 'system', id: 'signer' } as const;

/** Gives out validator keys, each once, with its signed deposit message. */
@Injectable()
export class ValidatorKeysService {
  constructor(
    private readonly keyring: Keyring,
    @Inject(CONFIG) private readonly config: SignerConfig,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Asking twice with one request id answers twice with the same key. */
  async issue(em: EntityManager, request: DepositDataRequestV1): Promise<void> {
    const known = await findByRequest(em, request.requestId);
    if (known) return this.answer(em, known);
    const refusal = this.refuse(request);
    if (refusal) return this.turnDown(em, request, refusal);
    const key = this.sign(request, await takeIndex(em, request.chain, this.config.FIRST_VALIDATOR_KEY));
    await insertKey(em, key);
    await record(em, {
      actor: ACTOR,
      action: 'validator_key.issue',
      resource: `validator_key:${key.pubkey}`,
      details: { request: key.requestId, pool: key.poolId, path: key.keyPath, credentials: key.withdrawalCredentials },
    });
    await this.answer(em, key);
  }

  /** The signing policy has asked before whether the key may move so. */
  async move(em: EntityManager, key: ValidatorKeyEntity, event: ValidatorKeyEvent, reason: string): Promise<void> {
    const moved = moveValidatorKey(key.state, event);
    invariant(moved.ok, 'validator_key.forbidden_move', { pubkey: key.pubkey, state: key.state, event });
    await saveMove(em, { ...key, state: moved.value, version: key.version + 1, updatedAt: this.clock.now() }, reason);
  }

  private refuse(request: DepositDataRequestV1): Refusal | null {
    const payee = request.withdrawalCredentials.startsWith('0x01') ? addressOfCredentials(request.withdrawalCredentials) : null;
    return refuseDepositData({
      chain: request.chain,
      amountGwei: BigInt(request.amountGwei),
      genesisForkVersion: request.genesisForkVersion,
      ownForkVersion: this.config.ETHEREUM_GENESIS_FORK_VERSION,
      paysOwnVault: payee !== null && this.keyring.isVault(payee, this.config.VAULT_WINDOW),
    });
  }

  private sign(request: DepositDataRequestV1, keyIndex: number): ValidatorKeyEntity {
    const { key, path } = this.keyring.validatorKey(keyIndex);
    const deposit = signDeposit(key, request.withdrawalCredentials, fromGwei(BigInt(request.amountGwei)), request.genesisForkVersion);
    const now = this.clock.now();
    return {
      pubkey: deposit.pubkey,
      chain: request.chain,
      keyIndex,
      keyPath: path,
      requestId: request.requestId,
      poolId: request.poolId,
      withdrawalCredentials: deposit.withdrawalCredentials,
      amountGwei: BigInt(request.amountGwei),
      signature: deposit.signature,
      depositDataRoot: deposit.depositDataRoot,
      state: validatorKeyMachine.initial,
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
  }

  private answer(em: EntityManager, key: ValidatorKeyEntity): Promise<void> {
    const { requestId, pubkey, withdrawalCredentials, signature, depositDataRoot, keyPath } = key;
    return emit(em, DepositDataSigned, {
      aggregate: requestId,
      payload: { requestId, pubkey, withdrawalCredentials, amountGwei: key.amountGwei.toString(), signature, depositDataRoot, keyPath },
    });
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
