import { ETH, OpenStaking, POOL } from '../staking.spec-support.js';
import { TransactionsProcessor } from '../transactions/transactions.processor.js';

let s: OpenStaking;
let pubkey: string;
beforeEach(async () => {
  s = await OpenStaking.ready();
  await s.stake(await s.funded(100n * ETH), '32');
  pubkey = await s.fillValidator();
});
afterEach(() => s.close());

it('sweeps collected commission to the house, one sweep at a time', async () => {
  await s.report([{ pubkey, reward: 10n, withdrawn: 10n }]);
  const small = await s.balance('trust.fee_payable', 'ethereum');
  await s.schedules().sweepFees();
  expect(await s.requested('fee_sweep')).toEqual([]); // below the minimum
  await s.report([{ pubkey, reward: ETH, withdrawn: ETH }]);
  await s.schedules().sweepFees();
  await s.schedules().sweepFees();
  const [sweep, ...others] = await s.requested('fee_sweep');
  expect(others).toEqual([]);
  expect(BigInt(sweep.amount)).toBe(small + ETH / 10n);
  const collected = await s.balance('pool.collected', POOL);
  await s.hear(TransactionsProcessor, 'refused', {
    requestId: sweep.requestId,
    purpose: 'fee_sweep',
    code: 'gas.float_empty',
    detail: 'no gas',
  });
  expect(await s.balance('pool.collected', POOL)).toBe(collected + BigInt(sweep.amount));
  await s.closes();
});
