import { Inject, Injectable } from '@nestjs/common';
import type { Chain } from '#chains';
import { Transactor } from '#database';
import { Fault, type Clock } from '#kernel';
import type { Logger } from '#runtime';
import type { EntityManager } from 'typeorm';
import type { StakingConfig } from '../config.js';
import { openIncident } from '../incidents/incidents.store.js';
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
/** So often a window that is long past is asked for again, while the node tells what is final and not this. */
const TRIES = 20;

/** Keeps what every validator was to do and did, window by window, for scores and for whoever asks. */
@Injectable()
export class PerformanceService {
  /** By pool and window: how often in vain. Forgotten with the process, which asks again then. */
  private readonly tries = new Map<string, number>();

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

  /**
   * A window that is long past stays empty when the node no longer keeps it, or did not tell after many tries, or nodes contradict each other for
   * so long: what follows must not wait for ever, and people are told of the gap.
   */
  private async keep(
    poolId: string,
    chain: Chain,
    validators: readonly Validator[],
    { from, to }: { from: bigint; to: bigint },
    past: boolean,
  ): Promise<number> {
    const there = validators.filter((v) => v.activationEpoch <= to && v.state !== 'withdrawn');
    const name = `${poolId}/${from}`;
    const rows = await this.look(chain, there, from, to).catch((error: unknown) => {
      if (!past || !(error instanceof Fault)) throw error;
      const tries = (this.tries.get(name) ?? 0) + 1;
      this.tries.set(name, tries);
      if (error.code !== 'chain.state_missing' && tries < TRIES) throw error;
      return error;
    });
    this.tries.delete(name);
    const at = this.clock.now();
    const window = Object.assign(new PerformanceWindow(), { poolId, fromEpoch: from, toEpoch: to, collectedAt: at });
    return this.transactor.run(async (em) => {
      if (!(await keepWindow(em, window, rows instanceof Fault ? [] : rows))) return 0;
      if (rows instanceof Fault) await this.tell(em, window, rows, at);
      return 1;
    });
  }

  private async tell(em: EntityManager, { poolId, fromEpoch, toEpoch }: PerformanceWindow, { code }: Fault, at: Date): Promise<void> {
    const details = { from_epoch: fromEpoch.toString(), to_epoch: toEpoch.toString(), code };
    if (await openIncident(em, { poolId, kind: 'performance.unknown', subject: poolId, details }, at))
      this.log.error({ alarm: true, pool: poolId, ...details }, 'nobody tells how validators did in these epochs');
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
