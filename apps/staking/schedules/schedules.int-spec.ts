import { Fault } from '#kernel';
import { AllocationService } from '../batches/allocation.service.js';
import { DepositsService } from '../batches/deposits.service.js';
import { ActivationService } from '../batches/activation.service.js';
import { ExitWatchService } from '../exits/exit-watch.service.js';
import { OperatorSchedules } from '../operators/operators.schedule.js';
import { PerformanceService } from '../operators/performance.service.js';
import { RedelegationService } from '../operators/redelegation.service.js';
import { ETH, OpenStaking, POOL } from '../staking.spec-support.js';

/** It goes before the pool of the tests, round by round. */
const BROKEN = 'eth-compound-1';

describe('a round of a schedule', () => {
  let s: OpenStaking;
  const mistake = new Error('a mistake of ours');
  beforeEach(async () => {
    s = await OpenStaking.ready();
  });
  afterEach(() => s.close());
  /** From now on `method` fails for the broken pool, and for it alone. Returns the pools for which it was called. */
  function fails<T extends object>(service: T, method: keyof T, error: Error): string[] {
    const before = service[method] as (poolId: string, ...rest: unknown[]) => Promise<unknown>;
    const called: string[] = [];
    Object.assign(service, {
      [method]: async (poolId: string, ...rest: unknown[]) => {
        called.push(poolId);
        if (poolId === BROKEN) throw error;
        return before.call(service, poolId, ...rest);
      },
    });
    return called;
  }

  it('goes on with the other pools after a mistake in one, and ends with it', async () => {
    const pools = fails(s.service(AllocationService), 'formAll', mistake);
    const again = fails(s.service(AllocationService), 'askAgain', new Error('a second one'));
    const requests = fails(s.service(DepositsService), 'requestAll', new Error('a third one'));
    await s.stake(await s.funded(32n * ETH), '32');
    await expect(s.schedules().allocate()).rejects.toBe(mistake);
    expect(pools.indexOf(BROKEN)).toBeLessThan(pools.indexOf(POOL));
    expect([again, requests]).toEqual([pools, pools]); // no step waits for the one before it
    expect(await s.query('SELECT pool_id, state FROM staking.batch')).toEqual([{ pool_id: POOL, state: 'key_requested' }]);
  });

  it('is content where only the chain is in trouble', async () => {
    const pools = fails(s.service(AllocationService), 'formAll', new Fault('chain.away', 'it does not answer', true));
    await s.schedules().allocate();
    expect(pools).toContain(POOL);
  });

  it('looks for those who left though activations cannot be seen', async () => {
    fails(s.service(ActivationService), 'watch', mistake);
    const exits = fails(s.service(ExitWatchService), 'watch', new Error('a second one'));
    await expect(s.schedules().watch()).rejects.toBe(mistake);
    expect(exits).toEqual(expect.arrayContaining([BROKEN, POOL]));
  });

  it('watches every operator though one pool fails', async () => {
    const collected = fails(s.service(PerformanceService), 'collect', mistake);
    const proposed = fails(s.service(RedelegationService), 'propose', new Error('a second one'));
    await expect(s.service(OperatorSchedules).watch()).rejects.toBe(mistake);
    expect(collected).toContain(POOL);
    expect(proposed).toEqual(collected);
  });
});
