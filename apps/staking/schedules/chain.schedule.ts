import { Inject, Injectable } from '@nestjs/common';
import type { Chain } from '#chains';
import { Transactor } from '#database';
import { Schedule } from '#delivery';
import type { Logger } from '#runtime';
import { ActivationService } from '../batches/activation.service.js';
import { AllocationService } from '../batches/allocation.service.js';
import { DepositsService } from '../batches/deposits.service.js';
import { BlocksService } from '../blocks/blocks.service.js';
import type { StakingConfig } from '../config.js';
import { ExitsService } from '../exits/exits.service.js';
import { ExitWatchService } from '../exits/exit-watch.service.js';
import { FeesService } from '../fees/fees.service.js';
import { MediumsService } from '../operators/mediums.service.js';
import { PartialsService } from '../partials/partials.service.js';
import { PoolRow, type PoolNetwork } from '../pools/pool.entity.js';
import { lockPool } from '../pools/pools.store.js';
import { allProducts } from '../products/products.store.js';
import { CHAINS, LOGGER, type Chains } from '../tokens.js';
import { Apart, type Step } from './apart.js';

/** What this room does by itself, pool by pool and step by step: trouble with one stops nothing of another. */
@Injectable()
export class ChainSchedules {
  constructor(
    private readonly transactor: Transactor,
    private readonly allocation: AllocationService,
    private readonly deposits: DepositsService,
    private readonly activation: ActivationService,
    private readonly blocks: BlocksService,
    private readonly exits: ExitsService,
    private readonly exitWatch: ExitWatchService,
    private readonly mediums: MediumsService,
    private readonly fees: FeesService,
    private readonly partials: PartialsService,
    @Inject(CHAINS) private readonly chains: Chains,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Nothing new is sent towards a chain that is not healthy. */
  @Schedule<StakingConfig>({ name: 'allocate', everyMs: (config) => config.ALLOCATE_EVERY_MS })
  allocate(): Promise<void> {
    return this.eachPool('allocate', async (poolId, chain, step) => {
      await chain.reader.check();
      await this.learnNetwork(poolId, chain);
      await step('form', () => this.allocation.formAll(poolId));
      await step('ask-again', () => this.allocation.askAgain(poolId));
      await step('deposit', () => this.deposits.requestAll(poolId, chain));
    });
  }

  @Schedule<StakingConfig>({ name: 'watch-validators', everyMs: (config) => config.WATCH_EVERY_MS })
  watch(): Promise<void> {
    return this.eachPool('watch-validators', async (poolId, chain, step) => {
      await step('activations', () => this.activation.watch(poolId, chain));
      await step('exits', () => this.exitWatch.watch(poolId, chain));
      await step('mediums', () => this.mediums.verify(poolId, chain));
      await step('blocks', () => this.blocks.check(poolId, chain));
    });
  }

  /** Once an epoch is what a validator client does; more often does no harm. */
  @Schedule<StakingConfig>({ name: 'prepare-proposers', everyMs: (config) => config.WATCH_EVERY_MS && config.WATCH_EVERY_MS * 5 })
  prepare(): Promise<void> {
    return this.eachPool('prepare-proposers', (poolId) => this.blocks.prepare(poolId));
  }

  @Schedule<StakingConfig>({ name: 'leave', everyMs: (config) => config.EXIT_EVERY_MS })
  leave(): Promise<void> {
    return this.eachPool('leave', async (poolId, chain, step) => {
      await step('partial-withdrawals', () => this.partials.watch(poolId, chain));
      await this.exits.schedule(poolId, chain); // who leaves goes before what is earned: one request a validator at a time
      await this.partials.collectRewards(poolId);
    });
  }

  @Schedule<StakingConfig>({ name: 'sweep-fees', everyMs: (config) => config.FEE_SWEEP_EVERY_MS })
  sweepFees(): Promise<void> {
    return this.eachPool('sweep-fees', (poolId) => this.fees.sweep(poolId));
  }

  /** Throws the first error that is no Fault, after all pools. */
  private async eachPool(name: string, work: (poolId: string, chain: Chain, step: Step) => Promise<void>): Promise<void> {
    const round = new Apart(this.log, name);
    for (const { poolId: pool, chain: of } of await this.transactor.read(allProducts)) {
      const chain = this.chains.get(of);
      if (!chain) continue;
      const apart: Step = (step, part) => round.do({ pool, step }, part);
      await round.do({ pool }, () => work(pool, chain, apart));
    }
    round.end();
  }

  private async learnNetwork(poolId: string, chain: Chain): Promise<void> {
    const facts = await chain.staking.network();
    const network: PoolNetwork = {
      secondsPerSlot: facts.secondsPerSlot,
      slotsPerEpoch: Number(facts.slotsPerEpoch),
      genesisForkVersion: facts.genesisForkVersion,
      shardCommitteePeriod: Number(facts.shardCommitteePeriod),
    };
    const known = await this.transactor.read((em) => em.findOneBy(PoolRow, { id: poolId }));
    if (known === null || same(known.network, network)) return;
    await this.transactor.run(async (em) => {
      const { row } = await lockPool(em, poolId);
      await em.update(PoolRow, { id: poolId }, { network, version: row.version + 1 });
    });
  }
}

const same = (a: PoolNetwork | null, b: PoolNetwork): boolean =>
  a !== null && (Object.keys(b) as (keyof PoolNetwork)[]).every((name) => a[name] === b[name]);
