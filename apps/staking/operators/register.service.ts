import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AssetCode, Clock, Refusal } from '#kernel';
import { BATCH } from '../batches/batch.js';
import type { StakingConfig } from '../config.js';
import type { PoolRow } from '../pools/pool.entity.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { place } from './allocation.js';
import type { Field } from './choosing.js';
import { sizeOf } from './size.js';
import { candidatesOf, capsOf, registerOf, type Register } from './operators.store.js';

/** What is known of the operators whenever stake is to be placed or moved. */
@Injectable()
export class RegisterService {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
  ) {}

  /** The same for all pools; good for a moment. */
  register(em: EntityManager, asset: AssetCode): Promise<Register> {
    return registerOf(em, asset, this.clock.now(), this.mediumsSince(), this.config.SCORE_EPOCHS);
  }

  async field(em: EntityManager, row: PoolRow, register: Register): Promise<Field> {
    const { caps, poolId, version } = await capsOf(em, row.id);
    const candidates = await candidatesOf(em, row.id, register);
    return { candidates, caps, policy: { poolId, version }, size: sizeOf(row) };
  }

  /** Whether the next validator of a pool would find an operator; if not, why. */
  async outlook(em: EntityManager, row: PoolRow, asset: AssetCode): Promise<object> {
    const closed = await this.whyClosed(em, row, asset);
    return closed === null ? { open: true } : { open: false, code: closed.code, reason: closed.detail };
  }

  /** Why the next validator of a pool would find no operator; null: it would. */
  async whyClosed(em: EntityManager, row: PoolRow, asset: AssetCode): Promise<Refusal | null> {
    const known = await registerOf(em, asset, this.clock.now(), this.mediumsSince(), null);
    const { candidates, caps, size } = await this.field(em, row, known);
    const placement = place(candidates, caps, BATCH, size);
    return placement.ok ? null : placement.refusal;
  }

  /** What was looked at since then is verified still. */
  mediumsSince(): Date {
    const since = this.clock.now();
    since.setTime(since.getTime() - this.config.MEDIUM_VALID_MS);
    return since;
  }
}
