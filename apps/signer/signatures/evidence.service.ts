import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  addressOfCredentials,
  decodeConsolidationCall,
  decodeDepositCall,
  decodeTransaction,
  decodeWithdrawalRequest,
  fromGwei,
  verifyDeposit,
} from '#chains/ethereum';
import type { SignedDeposit } from '#chains';
import { amount } from '#kernel';
import type { Purpose, SignatureRequestV1 } from '#messages';
import { SignerConfig } from '../config.js';
import { Keyring } from '../keyring/keyring.service.js';
import { CONFIG } from '../tokens.js';
import type { DepositMessageEntity } from '../validator-keys/deposit-message.entity.js';
import { moveValidatorKey, type ValidatorKeyEvent } from '../validator-keys/validator-key.js';
import type { ValidatorKeyEntity } from '../validator-keys/validator-key.entity.js';
import { lockByPubkey, messagesOf } from '../validator-keys/validator-keys.store.js';
import type { Evidence, KnownKey, ValidatorCall } from './signing-policy.js';

/** How signing for a purpose moves the validator key that it is about. */
export const keyEvents: Partial<Record<Purpose, ValidatorKeyEvent>> = {
  stake_deposit: 'sign_deposit',
  stake_top_up: 'sign_top_up',
  exit_request: 'sign_exit',
  consolidation: 'sign_exit',
  partial_withdrawal: 'sign_request',
  credentials_switch: 'sign_request',
};

/** The evidence, and what has to be written down once it is signed: the key that moves (locked) and the message that is funded. */
export interface Gathered {
  readonly evidence: Evidence;
  readonly key: ValidatorKeyEntity | null;
  readonly message: DepositMessageEntity | null;
}
type Read = Pick<Gathered, 'key' | 'message'> & { readonly call: ValidatorCall | null; readonly paysOwnVault: boolean };

const NOTHING: Read = { call: null, key: null, message: null, paysOwnVault: false };

/** Finds out by itself what a request is about: from the bytes, the seed and the signer's own tables. */
@Injectable()
export class EvidenceService {
  constructor(
    private readonly keyring: Keyring,
    @Inject(CONFIG) private readonly config: SignerConfig,
  ) {}

  /** `repeated`: the same payment was signed before, so what it did to the key is done. */
  async gather(em: EntityManager, { unsigned, intent }: SignatureRequestV1, repeated: boolean): Promise<Gathered> {
    const decoded = decodeTransaction(unsigned);
    const addresses = {
      decoded: decoded.ok ? decoded.value : null,
      from: this.keyring.addressAt(intent.fromPath),
      to: intent.toPath === undefined ? null : this.keyring.addressAt(intent.toPath),
    };
    const { call, key, message, paysOwnVault } = await this.readCall(em, intent.purpose, intent.data, BigInt(intent.value), repeated);
    return { evidence: { ...addresses, call, paysOwnVault }, key, message };
  }

  private async readCall(em: EntityManager, purpose: Purpose, data: string, value: bigint, repeated: boolean): Promise<Read> {
    const event = keyEvents[purpose];
    const mayMove = (key: ValidatorKeyEntity): boolean => repeated || (event !== undefined && moveValidatorKey(key.state, event).ok);
    const withdrawal = decodeWithdrawalRequest(data);
    if (withdrawal) {
      const key = await lockByPubkey(em, withdrawal.pubkey);
      return { ...NOTHING, call: { kind: withdrawal.kind, key: known(key, mayMove), asSigned: true }, key };
    }
    const merging = decodeConsolidationCall(data);
    if (merging) {
      const [source, target] = await this.lockBoth(em, merging.source, merging.target);
      // the one that takes over must be funded and stay: money merged into a key that leaves comes out again, or never gets in
      const takes = known(target, ({ state }) => repeated || state === 'funded');
      return { ...NOTHING, call: { kind: merging.kind, key: known(source, mayMove), target: takes, asSigned: true }, key: source };
    }
    const deposit = decodeDepositCall(data, amount(value));
    return deposit ? this.readDeposit(em, deposit, mayMove, repeated) : NOTHING;
  }

  private async readDeposit(
    em: EntityManager,
    deposit: SignedDeposit,
    mayMove: (key: ValidatorKeyEntity) => boolean,
    repeated: boolean,
  ): Promise<Read> {
    const key = await lockByPubkey(em, deposit.pubkey);
    const payee = addressOfCredentials(deposit.withdrawalCredentials);
    const signed = (await messagesOf(em, deposit.pubkey, deposit.depositDataRoot)).filter(
      (message) =>
        message.withdrawalCredentials === deposit.withdrawalCredentials &&
        fromGwei(message.amountGwei) === deposit.amount &&
        message.signature === deposit.signature,
    );
    const message = signed.find(({ signatureId }) => signatureId === null) ?? null;
    const asSigned = signed.length > 0 && verifyDeposit(deposit, this.config.ETHEREUM_GENESIS_FORK_VERSION).ok;
    const free = (of: ValidatorKeyEntity): boolean => mayMove(of) && (repeated || message !== null);
    return {
      call: { kind: 'deposit', key: known(key, free), asSigned },
      key,
      message,
      paysOwnVault: payee !== null && this.keyring.isVault(payee, this.config.VAULT_WINDOW),
    };
  }

  /** In one order whatever is merged into what, so that two requests never wait for each other. */
  private async lockBoth(
    em: EntityManager,
    source: string,
    target: string,
  ): Promise<[ValidatorKeyEntity | null, ValidatorKeyEntity | null]> {
    const found = new Map<string, ValidatorKeyEntity | null>();
    for (const pubkey of [source, target].sort()) found.set(pubkey, await lockByPubkey(em, pubkey));
    return [found.get(source) ?? null, found.get(target) ?? null];
  }
}

function known(key: ValidatorKeyEntity | null, mayMove: (key: ValidatorKeyEntity) => boolean): KnownKey | null {
  const withdrawalAddress = key && addressOfCredentials(key.withdrawalCredentials);
  return key && withdrawalAddress ? { withdrawalAddress, mayMove: mayMove(key) } : null;
}
