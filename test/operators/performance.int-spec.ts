/** The performance record from a chain's own words to what staff read: the room on PostgreSQL, the adapter on a local chain. */
import { PerformanceService } from '../../apps/staking/operators/performance.service.js';
import { ETH, OpenStaking, POOL } from '../../apps/staking/staking.spec-support.js';
import { SLOTS_PER_EPOCH, Stage } from '../chains/ethereum/stage.spec-support.js';

let s: OpenStaking;
let stage: Stage;
beforeAll(async () => {
  [s, stage] = await Promise.all([OpenStaking.ready({ PERFORMANCE_WINDOW_EPOCHS: '2' }), Stage.open({ ether: 100 })]);
}, 60_000);
afterAll(() => Promise.all([s.close(), stage.close()]));

const collect = (): Promise<number> => s.service(PerformanceService).collect(POOL, stage.chain);

it('tells an operator whose validator was away from one whose validator did its duties', async () => {
  const ada = await s.funded(64n * ETH);
  const ours = [await stage.deposit(0, 32n), await stage.deposit(1, 32n)];
  for (const { pubkey } of ours) await stage.untilFinalised(pubkey, 'active');
  for (const { pubkey } of ours) {
    await s.stake(ada, '32');
    const key = await s.fillValidator();
    await s.query('UPDATE staking.validator SET pubkey = $1, activation_epoch = 1 WHERE pubkey = $2', [pubkey, key]);
  }
  await collect(); // up to now both did what they were to do
  const { slot } = await stage.status();
  await stage.slots(SLOTS_PER_EPOCH - (slot % SLOTS_PER_EPOCH));
  await stage.control('miss', { pubkey: ours[0]?.pubkey, slots: 2 * SLOTS_PER_EPOCH });
  await stage.epochs(9);
  expect(await collect()).toBeGreaterThanOrEqual(2);
  expect(await collect()).toBe(0);

  const auditor = await s.staff('auditor');
  const shown = await Promise.all(
    ours.map(async ({ pubkey }) => {
      const [row] = await s.query<{ operator: string }>('SELECT operator_id AS operator FROM staking.validator WHERE pubkey = $1', [
        pubkey,
      ]);
      return (await s.call(auditor, 'GET', `/v1/staking/operators/${row?.operator ?? ''}`)).body.performance;
    }),
  );
  const [away, there] = shown;
  expect(there).toMatchObject({ effectiveness_bps: 10_000, validators: [{ pubkey: ours[1]?.pubkey }] });
  expect(Number(away.attestations.expected) - Number(away.attestations.included)).toBe(2);
  expect(away.attestations.expected).toBe(there.attestations.expected);
  expect(away.effectiveness_bps).toBeLessThan(10_000);
  expect(away.validators).toMatchObject([{ pubkey: ours[0]?.pubkey }]);
  const windows = away.windows as { from_epoch: string; to_epoch: string }[];
  for (const [i, { from_epoch }] of windows.slice(0, -1).entries()) expect(Number(from_epoch)).toBe(Number(windows[i + 1]?.to_epoch) + 1); // no gap, nothing twice
});
