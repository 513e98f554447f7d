import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Chain, SlashingOutlook, ValidatorView } from '#chains';
import { Transactor } from '#database';
import type { Logger } from '#runtime';
import type { StakingConfig } from '../config.js';
import { openIncident } from '../incidents/incidents.store.js';
import { MergersService } from '../proposals/mergers.service.js';
import { mergersOf } from '../proposals/mergers.store.js';
import { noteSlashed, noteWatched, slashedAt } from '../losses/slashing.js';
import { lockPool, poolOf, type Held } from '../pools/pools.store.js';
import { CONFIG, LOGGER } from '../tokens.js';
import { ExitsService } from './exits.service.js';
import type { Validator } from './validator.entity.js';
import { livingOf, saveValidator } from './validators.store.js';

const gone = new Set<ValidatorView['status']>(['exiting', 'exited', 'withdrawable', 'withdrawn']);

/** Sees in finalised state which validators are leaving: because we asked, or because the protocol made them. */
@Injectable()
export class ExitWatchService {
  constructor(
    private readonly transactor: Transactor,
    private readonly exits: ExitsService,
    private readonly mergers: MergersService,
    @Inject(CONFIG) private readonly config: StakingConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async watch(poolId: string, chain: Chain): Promise<void> {
    const [living, pool] = await this.transactor.read(async (em) => [await livingOf(em, poolId), await poolOf(em, poolId)] as const);
    if (living.length === 0) return;
    const checkpoint = await chain.staking.checkpoint();
    const { epoch } = checkpoint;
    const { validators } = await chain.staking.validators(
      living.map((v) => v.pubkey),
      'finalised',
    );
    const states = new Map(living.map((v) => [v.pubkey, v.state]));
    const slashed = validators.filter((view) => view.slashed).map((view) => view.pubkey);
    const outlooks = slashed.length > 0 ? await chain.staking.slashingOutlook(slashed) : [];
    const since = (pubkey: string): Date | undefined => {
      const outlook = outlooks.find((o) => o.pubkey === pubkey);
      return outlook && pool?.network ? slashedAt(outlook, checkpoint, pool.network) : undefined;
    };
    for (const view of validators) {
      const state = states.get(view.pubkey);
      const news = view.slashed ? state !== 'slashed' : state !== 'exiting' && (gone.has(view.status) || state === 'exit_sent');
      if (news) await this.transactor.run((em) => this.compare(em, poolId, view, epoch, since(view.pubkey)));
    }
    if ((pool?.watchedEpoch ?? -1n) < epoch) await this.transactor.run(async (em) => noteWatched(em, await lockPool(em, poolId), epoch));
    await this.mergers.watch(poolId, validators, epoch);
    await this.learnSwitches(poolId, living, validators);
    if (outlooks.length > 0) await this.foresee(poolId, outlooks);
  }

  private async compare(em: EntityManager, poolId: string, view: ValidatorView, epoch: bigint, slashedSince?: Date): Promise<void> {
    const held = await lockPool(em, poolId);
    const validator = (await livingOf(em, poolId)).find((v) => v.pubkey === view.pubkey);
    if (!validator) return;
    if (view.slashed) return this.slashed(em, held, validator, slashedSince);
    if (validator.state === 'exiting') return;
    if (gone.has(view.status)) return this.left(em, validator);
    if (validator.state !== 'exit_sent') return;
    if (validator.exitSentEpoch === null) {
      validator.exitSentEpoch = epoch;
      return saveValidator(em, validator);
    }
    if (epoch >= validator.exitSentEpoch + BigInt(this.config.EXIT_PATIENCE_EPOCHS))
      await this.exits.putOff(em, validator, 'exit.dropped_by_protocol');
  }

  private async left(em: EntityManager, validator: Validator): Promise<void> {
    const merged = (await mergersOf(em, validator.poolId)).has(validator.pubkey);
    if (validator.state === 'active' && !merged) await this.alarm(em, validator);
    await this.exits.move(em, validator, 'confirm', this.exits.why());
    await this.exits.unbond(em, validator, this.exits.why());
  }

  private async slashed(em: EntityManager, held: Held, validator: Validator, since?: Date): Promise<void> {
    const { pubkey } = validator;
    if (await noteSlashed(em, held, validator, this.exits.why(), since))
      this.log.error({ alarm: true, pubkey, pool: held.row.id }, 'a validator was slashed: the pool pauses');
  }

  private async alarm(em: EntityManager, { poolId, pubkey, booked }: Validator): Promise<void> {
    const kind = 'validator.left_by_itself';
    this.log.error({ alarm: true, pubkey, kind }, 'a validator leaves that was not asked to');
    await openIncident(em, { poolId, kind, subject: pubkey, details: { booked_atomic: booked.toString() } }, this.exits.why().at);
  }

  /** A validator that was switched to compounding stays one. */
  private async learnSwitches(poolId: string, living: readonly Validator[], views: readonly ValidatorView[]): Promise<void> {
    const known = new Map(living.map((v) => [v.pubkey, v.credentialsType]));
    const switched = views
      .filter((v) => v.withdrawalCredentials?.startsWith('0x02') && known.get(v.pubkey) === 'eth1')
      .map((v) => v.pubkey);
    if (switched.length === 0) return;
    await this.transactor.run(async (em) => {
      await lockPool(em, poolId);
      for (const validator of await livingOf(em, poolId))
        if (switched.includes(validator.pubkey))
          await saveValidator(em, Object.assign(validator, { credentialsType: 'compounding' as const }));
    });
  }

  private async foresee(poolId: string, outlooks: readonly SlashingOutlook[]): Promise<void> {
    await this.transactor.run(async (em) => {
      await lockPool(em, poolId);
      for (const validator of await livingOf(em, poolId)) {
        const outlook = outlooks.find((o) => o.pubkey === validator.pubkey);
        if (!outlook) continue;
        const { correlation, correlationEpoch } = outlook;
        if (validator.forecastPenalty === correlation && validator.forecastEpoch === correlationEpoch) continue;
        validator.forecastPenalty = correlation;
        validator.forecastEpoch = correlationEpoch;
        await saveValidator(em, validator);
      }
    });
  }
}
