import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import { amount, invariant, isAssetCode, ZERO, type Clock } from '#kernel';
import {
  ExecutionRewardReceived,
  type ExecutionRewardReceivedV1,
  FeeScheduleChanged,
  type FeeScheduleChangedV1,
  PoolOpened,
  type PoolOpenedV1,
  ValidatorActivated,
  type ValidatorActivatedV1,
} from '#messages';
import { insertExecution } from '../execution/execution.store.js';
import { CLOCK } from '../tokens.js';
import { insertFee, insertPool, insertValidator, lockPool } from './pools.store.js';

/** What staking says of its pools and validators, and custody of what blocks paid them. */
@Injectable()
export class PoolsProcessor {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  @Handles(PoolOpened)
  async opened(em: EntityManager, message: PoolOpenedV1): Promise<void> {
    const { asset, poolId, commissionBps } = message;
    invariant(isAssetCode(asset), 'asset.unknown', { asset });
    const at = this.clock.now();
    await insertPool(em, {
      id: message.poolId,
      productId: message.productId,
      chain: message.chain,
      asset,
      shareAsset: message.shareAsset,
      commissionBps,
      mode: message.mode ?? 'payout',
      dedicated: message.dedicated ?? false,
      clientId: message.clientId ?? null,
      reportNumber: 0,
      reportedSlot: null,
      reportedEpoch: null,
      reportedAt: null,
      lossCarried: ZERO,
      state: 'flowing',
      standing: 'current',
      standingNumber: 1,
      standingSince: null,
      trouble: null,
      troubleAt: null,
      createdAt: at,
      version: 1,
    });
    await insertFee(em, { poolId, tier: 'standard', version: 1, commissionBps, effectiveAt: at });
  }

  @Handles(FeeScheduleChanged)
  feesChanged(em: EntityManager, { poolId, tier, version, commissionBps, effectiveAt }: FeeScheduleChangedV1): Promise<void> {
    return insertFee(em, { poolId, tier, version, commissionBps, effectiveAt: new Date(effectiveAt) });
  }

  /** Its first period opens with its principal at the first slot of its activation epoch: before that it earned nothing. */
  @Handles(ValidatorActivated)
  activated(em: EntityManager, message: ValidatorActivatedV1): Promise<void> {
    const principal = amount(BigInt(message.principal));
    return insertValidator(em, {
      pubkey: message.pubkey,
      poolId: message.poolId,
      index: BigInt(message.index),
      principal,
      activationEpoch: BigInt(message.activationEpoch),
      opening: principal,
      sinceSlot: BigInt(message.observedSlot),
      leftIn: null,
      createdAt: this.clock.now(),
    });
  }

  /** The pool is held meanwhile, so that no report counts the half of a moment. */
  @Handles(ExecutionRewardReceived)
  async executed(em: EntityManager, message: ExecutionRewardReceivedV1): Promise<void> {
    await lockPool(em, message.poolId);
    await insertExecution(em, message, this.clock.now());
  }
}
