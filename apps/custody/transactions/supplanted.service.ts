import { Inject, Injectable } from '@nestjs/common';
import { record } from '#audit';
import type { Chain } from '#chains';
import { Transactor } from '#database';
import { invariant, publicId, type Clock } from '#kernel';
import type { Logger } from '#runtime';
import { CLOCK, LOGGER } from '../tokens.js';
import { stopSender, walletById } from '../wallets/wallets.store.js';
import type { AttemptEntity } from './attempt.entity.js';
import { isLaunched } from './transaction.js';
import type { TransactionEntity } from './transaction.entity.js';
import { lockTransaction, moveRow } from './transactions.store.js';

/**
 * Finds transactions that can never land: their nonce is used, finally, and none of the bytes that we signed is what used it. Somebody else
 * holds the key, or another copy of the house runs. The address is stopped; nothing is given back until people have decided.
 */
@Injectable()
export class SupplantedService {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** True: its nonce is gone. Asks for the nonce first: an attempt that became final in between is seen as included after it. */
  async check(chain: Chain, row: TransactionEntity, attempts: readonly AttemptEntity[]): Promise<boolean> {
    const from = await this.transactor.read((em) => walletById(em, row.fromWalletId));
    invariant(from !== null && row.nonce !== null, 'transaction.not_built', { id: row.id });
    if ((await chain.writer.finalisedNonce(from.address)) <= row.nonce) return false;
    for (const { hash } of attempts) {
      if (hash !== null && (await chain.writer.status(hash)).state === 'included') return false; // the follower will book it
    }
    await this.stop(row);
    return true;
  }

  private async stop(seen: TransactionEntity): Promise<void> {
    const at = this.clock.now();
    const why = { code: 'transaction.supplanted', detail: 'Its nonce was used by a transaction that is not ours.' };
    const stopped = await this.transactor.run(async (em) => {
      const row = await lockTransaction(em, seen.id);
      if (row === null || !isLaunched(row.state)) return false;
      await stopSender(em, row.fromWalletId, why.code, at);
      const { version } = await moveRow(em, row, 'supplant', why, at);
      const details = { sender: publicId('wallet', row.fromWalletId), nonce: String(row.nonce), version };
      const resource = publicId('transaction', row.id);
      await record(em, { actor: { kind: 'system', id: 'broadcaster' }, action: 'transaction.supplant', resource, details });
      return true;
    });
    if (stopped)
      this.logger.error({ transactionId: seen.id, nonce: String(seen.nonce) }, 'ALARM: a nonce of ours was used by somebody else');
  }
}
