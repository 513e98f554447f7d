import { InvariantBroken } from '#kernel';
import { PoolsProcessor } from '../pools/pools.processor.js';
import { OpenRewards } from '../rewards.spec-support.js';
import { DispatchService } from './dispatch.service.js';

let rewards: OpenRewards;
afterEach(() => rewards.close());

it('a report is told as late though every look ends in a mistake, and no other pool waits for it', async () => {
  rewards = await OpenRewards.start({ REPORT_LATE_AFTER_MS: '60000' });
  const other = { ...{ poolId: 'eth-aaa', productId: 'eth-aaa', chain: 'ethereum', asset: 'ETH' }, shareAsset: 'ETH-COMPOUND-1' };
  await rewards.hear(PoolsProcessor, 'opened', { ...other, commissionBps: 0, mode: 'compound' });
  const pubkey = await rewards.activate();
  const broken = new InvariantBroken('test.broken');
  const dispatch = rewards.service(DispatchService);
  const before = dispatch.dispatch.bind(dispatch);
  dispatch.dispatch = (poolId, chain) => (poolId === 'eth-aaa' ? Promise.reject(broken) : before(poolId, chain));
  rewards.chain.earned.set(pubkey, { reward: 1n });
  rewards.chain.epoch += 1n;
  await expect(rewards.observe()).rejects.toBe(broken);
  expect(await rewards.query('SELECT state FROM rewards.report')).toMatchObject([{ state: 'within_limits' }]);

  dispatch.dispatch = () => Promise.reject(broken);
  await rewards.applied();
  rewards.clock.advance(60_001);
  await expect(rewards.observe()).rejects.toBe(broken);
  expect(await rewards.said('report.standing@1')).toMatchObject([{ standing: 'late', number: 2 }]);
});
