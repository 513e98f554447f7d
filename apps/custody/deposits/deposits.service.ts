import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record, type Actor } from '#audit';
import { Transactor } from '#database';
import { emit, Schedule } from '#delivery';
import { Fault, invariant, publicId, uuid5, type Clock } from '#kernel';
import { post, scopesHeld } from '#ledger';
import { DepositCredited, type DepositReleaseV1 } from '#messages';
import { ofClient } from '../accounts.js';
import type { CustodyConfig } from '../config.js';
import { CLOCK } from '../tokens.js';
import type { DepositEntity } from './deposit.entity.js';
import { heldDeposits, lockDeposit, moveDepositRow, noteReleaseAttempt } from './deposits.store.js';

/** Lets deposits out of suspense, on compliance's word and as far as no hold forbids it. */
@Injectable()
export class DepositsService {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async release(em: EntityManager, command: DepositReleaseV1): Promise<void> {
    const row = await lockDeposit(em, command.depositId);
    if (!row) throw new Fault('deposit.unknown', `there is no deposit ${command.depositId}`, false);
    if (row.state === 'credited' || row.state === 'held') return; // released before
    invariant(row.state === 'suspense', 'deposit.not_final', { depositId: row.id, state: row.state });
    await this.tryRelease(em, row, {
      releaseBasis: command.basis,
      releaseReference: command.reference,
      releaseStaff: command.staffId ?? null,
    });
  }

  /** What a hold has stopped is tried again once nothing stops it. */
  @Schedule<CustodyConfig>({ name: 'release-held-deposits', everyMs: (config) => config.RELEASE_RETRY_EVERY_MS })
  async retry(): Promise<void> {
    for (const { id } of await this.transactor.read(heldDeposits)) {
      await this.transactor.run(async (em) => {
        const row = await lockDeposit(em, id);
        if (row?.state !== 'held' || (await scopesHeld(em, row.clientId)).includes('deposit')) return;
        const { releaseBasis, releaseReference, releaseStaff } = row;
        await this.tryRelease(em, row, { releaseBasis, releaseReference, releaseStaff });
      });
    }
  }

  private async tryRelease(
    em: EntityManager,
    row: DepositEntity,
    release: Pick<DepositEntity, 'releaseBasis' | 'releaseReference' | 'releaseStaff'>,
  ): Promise<void> {
    const actor: Actor =
      release.releaseStaff === null ? { kind: 'system', id: 'deposit-rule' } : { kind: 'staff', id: release.releaseStaff };
    const by = {
      at: this.clock.now(),
      actor: release.releaseStaff === null ? 'system' : `staff:${release.releaseStaff}`,
      reason: release.releaseReference ?? '',
    };
    const outcome = await this.post(em, row);
    if (outcome === 'held') {
      if (row.state === 'suspense') await moveDepositRow(em, row, 'hold', { ...release, releaseAttempts: row.releaseAttempts + 1 }, by);
      else await noteReleaseAttempt(em, row);
      return;
    }
    await moveDepositRow(em, row, 'release', release, by);
    const { id, clientId, asset, transactionHash } = row;
    const details = { basis: release.releaseBasis, reference: release.releaseReference };
    await record(em, {
      actor,
      action: 'deposit.release',
      resource: publicId('deposit', id),
      reason: release.releaseReference ?? '',
      details,
    });
    await emit(em, DepositCredited, {
      aggregate: id,
      payload: { depositId: id, clientId, asset, amount: row.amount.toString(), transactionHash },
    });
  }

  /** The ledger keeps refusals under their key, so each try asks under its own. */
  private async post(em: EntityManager, row: DepositEntity): Promise<'posted' | 'held'> {
    const [outcome] = await post(em, [
      {
        key: uuid5('deposit.release', row.id, String(row.releaseAttempts)),
        kind: 'deposit.release',
        debit: ofClient('client.suspense', row.clientId, row.asset),
        credit: ofClient('client.available', row.clientId, row.asset),
        amount: row.amount,
        effectiveAt: this.clock.now(),
        reference: row.id,
      },
    ]);
    if (outcome?.status === 'posted') return 'posted';
    invariant(outcome?.reason === 'held', 'ledger.refused', { kind: 'deposit.release', reason: outcome?.reason, depositId: row.id });
    return 'held';
  }
}
