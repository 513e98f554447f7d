import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Chain, ValidatorView } from '#chains';
import { Transactor } from '#database';
import type { Logger } from '#runtime';
import type { StakingConfig } from '../config.js';
import { lockPool } from '../pools/pools.store.js';
import { CONFIG, LOGGER } from '../tokens.js';
import { ExitsService } from './exits.service.js';
import { livingOf, saveValidator } from './validators.store.js';

const gone = new Set<ValidatorView['status']>(['exiting', 'exited', 'withdrawable', 'withdrawn']);

/** Sees in finalised state which validators are leaving: because we asked, or because the protocol made them. */
@Injectable()
export class ExitWatchService {
  constructor(
    private readonly transactor: Transactor,
    private readonly exits: ExitsService,
    @Inject(CONFIG) private readonly config: StakingConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async watch(poolId: string, chain: Chain): Promise<void> {
    const staying = (await this.transactor.read((em) => livingOf(em, poolId))).filter((v) => v.state !== 'exiting');
    if (staying.length === 0) return;
    const { epoch } = await chain.staking.checkpoint();
    const { validators } = await chain.staking.validators(
      staying.map((v) => v.pubkey),
      'finalised',
    );
    const waits = new Set(staying.filter((v) => v.state === 'exit_sent').map((v) => v.pubkey));
    for (const view of validators) {
      if (gone.has(view.status) || waits.has(view.pubkey)) await this.transactor.run((em) => this.compare(em, poolId, view, epoch));
    }
  }

  private async compare(em: EntityManager, poolId: string, view: ValidatorView, epoch: bigint): Promise<void> {
    await lockPool(em, poolId);
    const validator = (await livingOf(em, poolId)).find((v) => v.pubkey === view.pubkey);
    if (!validator || validator.state === 'exiting') return;
    if (gone.has(view.status)) {
      if (validator.state === 'active')
        this.log.error({ alarm: true, pubkey: view.pubkey, slashed: view.slashed }, 'a validator leaves that was not asked to');
      await this.exits.move(em, validator, 'confirm', { ...this.exits.why(), reason: view.slashed ? 'slashed' : null });
      return this.exits.unbond(em, validator, this.exits.why());
    }
    if (validator.state !== 'exit_sent') return;
    if (validator.exitSentEpoch === null) {
      validator.exitSentEpoch = epoch;
      return saveValidator(em, validator);
    }
    if (epoch >= validator.exitSentEpoch + BigInt(this.config.EXIT_PATIENCE_EPOCHS))
      await this.exits.putOff(em, validator, 'exit.dropped_by_protocol');
  }
}
