import { Inject, Injectable } from '@nestjs/common';
import type { Chain } from '#chains';
import { Transactor } from '#database';
import { Fault, type Clock } from '#kernel';
import type { Logger } from '#runtime';
import type { StakingConfig } from '../config.js';
import type { Validator } from '../exits/validator.entity.js';
import { validatorsOf } from '../exits/validators.store.js';
import { CLOCK, CONFIG, LOGGER } from '../tokens.js';
import { PerformanceRow, PerformanceWindow } from './performance.entity.js';
import { nextWindow } from './performance.js';
import { keepWindow, lastEpoch, rowOf } from './performance.store.js';

/** Votes of an epoch are counted and final when the second epoch after it is (EIP-7045). */
const COUNTED_AFTER = 2n;
/** Epochs of a window on a public network: a day of mainnet. A local chain's epochs pass in seconds. */
const DAY_EPOCHS = 225;
const LOCAL_EPOCHS = 4;
/** Windows caught up with in one go. */
const AT_ONCE = 8;

/** Keeps what every validator was to do and did, window by window, for scores and for whoever asks. */
@Injectable()
export class PerformanceService {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** How many windows it has kept. */
  async collect(poolId: string, chain: Chain): Promise<number> {
    const { last, validators } = await this.transactor.read(async (em) => ({
      last: await lastEpoch(em, poolId),
      validators: await validatorsOf(em, poolId),
    }));
    if (validators.length === 0) return 0;
    const newest = (await chain.staking.checkpoint()).epoch - COUNTED_AFTER;
    const size = BigInt(this.windowEpochs());
    let kept = 0;
    for (let [from, after] = [last, 0]; after < AT_ONCE; after++) {
      const window = nextWindow(from, newest, size);
      if (window === null) break;
      kept += await this.keep(poolId, chain, validators, window, newest - window.to >= 2n * size);
      from = window.to;
    }
    return kept;
  }

  windowEpochs(): number {
    return this.config.PERFORMANCE_WINDOW_EPOCHS ?? (this.config.BAILEE_NETWORK === 'localnet' ? LOCAL_EPOCHS : DAY_EPOCHS);
  }

  /** A window that is long past and that the node no longer keeps stays empty: nobody will ever tell, and what follows must not wait. */
  private async keep(
    poolId: string,
    chain: Chain,
    validators: readonly Validator[],
    { from, to }: { from: bigint; to: bigint },
    past: boolean,
  ): Promise<number> {
    const there = validators.filter((v) => v.activationEpoch <= to && v.state !== 'withdrawn');
    const rows = await this.look(chain, there, from, to).catch((error: unknown) => {
      if (!past || !(error instanceof Fault) || error.code !== 'chain.state_missing') throw error;
      this.log.warn(
        { pool: poolId, from: from.toString(), to: to.toString() },
        'the node no longer tells how validators did in these epochs',
      );
      return [];
    });
    const window = Object.assign(new PerformanceWindow(), { poolId, fromEpoch: from, toEpoch: to, collectedAt: this.clock.now() });
    return (await this.transactor.run((em) => keepWindow(em, window, rows))) ? 1 : 0;
  }

  private async look(chain: Chain, there: readonly Validator[], from: bigint, to: bigint): Promise<PerformanceRow[]> {
    const byKey = new Map(there.map((validator) => [validator.pubkey, validator]));
    const duties = await chain.staking.performance([...byKey.keys()], from, to);
    return duties.flatMap((duty) => {
      const validator = byKey.get(duty.pubkey);
      return validator === undefined || duty.activeEpochs === 0n ? [] : [rowOf(duty, validator, from, to)];
    });
  }
}
