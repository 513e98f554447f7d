import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import { Fault } from '#kernel';
import { KeyringPublished, WalletOpen, type KeyringPublishedV1, type WalletOpenV1 } from '#messages';
import { WalletsService } from './wallets.service.js';

@Injectable()
export class WalletsProcessor {
  constructor(private readonly wallets: WalletsService) {}

  @Handles(KeyringPublished)
  async keyring(em: EntityManager, published: KeyringPublishedV1): Promise<void> {
    for (const keyring of published.keyrings) await this.wallets.acceptKeyring(em, keyring);
  }

  @Handles(WalletOpen)
  async open(em: EntityManager, command: WalletOpenV1): Promise<void> {
    const opened = await this.wallets.openVault(em, command.chain, command.poolId, command.dedicated);
    if (!opened.ok) throw new Fault(opened.refusal.code, opened.refusal.detail, true);
  }
}
