import { card, Desk, terms } from '../operators/operators.spec-support.js';
import { lockPool } from '../pools/pools.store.js';
import { ETH, OpenStaking, operationId, POOL, type Person } from '../staking.spec-support.js';
import { ExitsService } from './exits.service.js';

/** In the chain of the tests a validator may leave eight epochs after it became active. */
describe('a validator that is too young to leave', () => {
  let s: OpenStaking;
  let ada: Person;
  let desk: Desk;
  let keys: readonly [string, string];
  beforeEach(async () => {
    s = await OpenStaking.ready({ OPENING_OPERATORS: 'none' });
    ada = await s.funded(64n * ETH);
    desk = await Desk.of(s);
    await desk.decide('operator', terms('a'));
    await desk.decide('assessment', card('a', '2026-12-01T00:00:00Z'));
    await s.stake(ada, '32');
    const old = await s.fillValidator();
    s.chain.epoch = 139n;
    await s.stake(ada, '32');
    keys = [old, await s.fillValidator()];
    s.chain.epoch = 140n;
    await s.report(keys.map((pubkey) => ({ pubkey })));
    await s.query('UPDATE staking.pool SET watched_epoch = 140');
  });
  afterEach(() => s.close());
  const asked = async (): Promise<string[]> => (await s.requested('exit_request')).map(({ pubkey }) => pubkey as string);

  it('is not taken from its operator yet', async () => {
    await desk.decide('operator', terms('a', { state: 'retired' }));
    const proposed = await desk.propose('redelegation', {}, { pool_id: POOL });
    expect(proposed.body.dry_run).toMatchObject({ validators: keys[0] });
    await s.query('UPDATE staking.pool SET watched_epoch = 147');
    const later = await desk.propose('redelegation', {}, { pool_id: POOL });
    expect(later.body.dry_run).toMatchObject({ validators: keys.join(', ') });
  });

  it('lets nobody wait whom an older one can pay', async () => {
    const service = s.service(ExitsService);
    const [old, young] = keys;
    await s.run(async (em) => service.leave(em, await lockPool(em, POOL), [young], service.why()));
    const id = operationId(await s.unstake(ada, '20'));
    await s.report(keys.map((pubkey) => ({ pubkey })));
    await s.schedules().leave();
    expect(await asked()).toEqual([young, old]);
    expect(await s.query('SELECT exit_pubkey AS pubkey FROM staking.orders WHERE id = $1', [id.slice('op_'.length)])).toEqual([
      { pubkey: old },
    ]);

    s.chain.epoch = 147n; // both may leave now: what is asked for stands
    await s.unstake(ada, '20');
    await s.report(keys.map((pubkey) => ({ pubkey })));
    await s.schedules().leave();
    expect(await asked()).toEqual([young, old]);
    await s.closes();
  });
});
