import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { addressOfCredentials, decodeDepositCall, decodeExitCall, decodeTransaction, fromGwei, verifyDeposit } from '#chains/ethereum';
import { amount } from '#kernel';
import type { SignatureRequestV1 } from '#messages';
import { SignerConfig } from '../config.js';
import { Keyring } from '../keyring/keyring.service.js';
import { CONFIG } from '../tokens.js';
import { moveValidatorKey, type ValidatorKeyEvent } from '../validator-keys/validator-key.js';
import type { ValidatorKeyEntity } from '../validator-keys/validator-key.entity.js';
import { lockByPubkey } from '../validator-keys/validator-keys.store.js';
import type { Evidence, ValidatorCall } from './signing-policy.js';

/** The evidence, and the record of the validator key that the call is about, locked. */
export interface Gathered {
  readonly evidence: Evidence;
  readonly key: ValidatorKeyEntity | null;
}

/** Finds out by itself what a request is about: from the bytes, the seed and the signer's own tables. */
@Injectable()
export class EvidenceService {
  constructor(
    private readonly keyring: Keyring,
    @Inject(CONFIG) private readonly config: SignerConfig,
  ) {}

  async gather(em: EntityManager, { unsigned, intent }: SignatureRequestV1): Promise<Gathered> {
    const decoded = decodeTransaction(unsigned);
    const addresses = {
      decoded: decoded.ok ? decoded.value : null,
      from: this.keyring.addressAt(intent.fromPath),
      to: intent.toPath === undefined ? null : this.keyring.addressAt(intent.toPath),
    };
    const { call, key, paysOwnVault } = await this.readCall(em, intent.data, BigInt(intent.value));
    return { evidence: { ...addresses, call, paysOwnVault }, key };
  }

  private async readCall(
    em: EntityManager,
    data: string,
    value: bigint,
  ): Promise<{ call: ValidatorCall | null; key: ValidatorKeyEntity | null; paysOwnVault: boolean }> {
    const exiting = decodeExitCall(data);
    if (exiting) {
      const key = await lockByPubkey(em, exiting);
      return { call: { kind: 'exit', key: this.view(key, 'sign_exit'), asSigned: true }, key, paysOwnVault: false };
    }
    const deposit = decodeDepositCall(data, amount(value));
    if (!deposit) return { call: null, key: null, paysOwnVault: false };
    const key = await lockByPubkey(em, deposit.pubkey);
    const payee = addressOfCredentials(deposit.withdrawalCredentials);
    const asSigned =
      key !== null &&
      key.withdrawalCredentials === deposit.withdrawalCredentials &&
      fromGwei(key.amountGwei) === deposit.amount &&
      key.signature === deposit.signature &&
      key.depositDataRoot === deposit.depositDataRoot &&
      verifyDeposit(deposit, this.config.ETHEREUM_GENESIS_FORK_VERSION).ok;
    return {
      call: { kind: 'deposit', key: this.view(key, 'sign_deposit'), asSigned },
      key,
      paysOwnVault: payee !== null && this.keyring.isVault(payee, this.config.VAULT_WINDOW),
    };
  }

  private view(key: ValidatorKeyEntity | null, event: ValidatorKeyEvent): ValidatorCall['key'] {
    const withdrawalAddress = key && addressOfCredentials(key.withdrawalCredentials);
    return key && withdrawalAddress ? { withdrawalAddress, mayMove: moveValidatorKey(key.state, event).ok } : null;
  }
}
