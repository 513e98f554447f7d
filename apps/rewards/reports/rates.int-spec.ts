import { OpenRewards, POOL } from '../rewards.spec-support.js';
import { ReportsProcessor } from './reports.processor.js';

let rewards: OpenRewards;
afterEach(() => rewards.close());

it('the rate counts what somebody else put into a validator, as staking does', async () => {
  rewards = await OpenRewards.start();
  const pubkey = await rewards.activate();
  rewards.chain.earned.set(pubkey, { reward: 10n, deposited: 5n });
  rewards.chain.epoch += 1n;
  await rewards.observe();
  const [report] = await rewards.query<{ id: string }>('SELECT id FROM rewards.report');
  const answer = { reportId: report?.id, poolId: POOL, number: 1, poolAssets: '1', poolShares: '1', rewardIndex: '1', commission: '0' };
  await rewards.hear(ReportsProcessor, 'applied', { ...answer, reward: '15' });
  expect(await rewards.query('SELECT reward::text FROM rewards.rate_total')).toEqual([{ reward: '15' }]);
});
