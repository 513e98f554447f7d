import { PoolOpened, ReportApply } from '#messages';
import { eventually } from '#testing';
import { behaviour, pool, World, type Behaviour } from './delivery.spec-support.js';
import { emit } from './emit.js';

let world: World;
let how: Behaviour;
beforeAll(async () => {
  world = await World.create();
});
afterAll(() => world.db.close());
beforeEach(() => {
  how = behaviour();
});
afterEach(() => world.clear());

describe('at the door of the emitter', () => {
  it('refuses a message of another room', async () => {
    await expect(world.staking.run((em) => emit(em, ReportApply, { aggregate: 'x', payload: report }))).rejects.toThrow(
      'delivery.wrong_producer',
    );
    const report2 = await world.db.transactor('rewards');
    await expect(report2.run((em) => emit(em, PoolOpened, { aggregate: 'x', payload: pool('x') }))).rejects.toThrow(
      'delivery.wrong_producer',
    );
    expect(await world.count('true')).toBe(0);
  });
  const report = {
    reportId: '11111111-1111-4111-8111-111111111111',
    poolId: 'p',
    number: 1,
    fromSlot: '0',
    toSlot: '1',
    toEpoch: '1',
    toBlock: '1',
    toBlockRoot: `0x${'00'.repeat(32)}`,
    validators: [],
  };

  it('refuses a payload with an unknown or a wrong field, before anything is written', async () => {
    const extra = { ...pool('x'), surplus: 'field' };
    await expect(world.staking.run((em) => emit(em, PoolOpened, { aggregate: 'x', payload: extra }))).rejects.toThrow(
      /message.invalid .*surplus: whitelistValidation/,
    );
    await expect(world.staking.run((em) => emit(em, PoolOpened, { aggregate: 'x', payload: pool('x', 20_000) }))).rejects.toThrow(
      /commissionBps: max/,
    );
    expect(await world.count('true')).toBe(0);
  });

  it('gives rooms no right on the tables, and no room the deliveries of another', async () => {
    await world.send('a');
    for (const statement of [
      'SELECT * FROM delivery.delivery',
      'DELETE FROM delivery.delivery',
      `UPDATE delivery.stream SET last_seq = 9`,
      `SELECT delivery.replay(gen_random_uuid(), 'a room', 'because')`,
      'SELECT * FROM delivery.replayed',
      'DELETE FROM delivery.summary',
    ]) {
      await expect(world.staking.run((em) => em.query(statement))).rejects.toThrow('permission denied');
    }
    const [{ id }] = await world.db.admin.query<[{ id: string }]>('SELECT id FROM delivery.delivery');
    expect(await world.staking.run((em) => em.query('SELECT state, payload FROM delivery.take($1)', [id]))).toEqual([
      { state: 'unknown', payload: null },
    ]);
    await expect(world.staking.run((em) => em.query('SELECT delivery.finish($1)', [id]))).rejects.toThrow('delivery.not_open');
  });
});

it('lays aside a message whose producer forged its type, and one whose payload is not its class', async () => {
  await world.subscriber(how);
  const custody = await world.db.transactor('custody');
  await custody.run((em) =>
    em.query('SELECT delivery.emit($1, $2, $3, $4, $5, NULL)', [
      'pool.opened@1',
      'custody',
      ['rewards'],
      ['a'],
      JSON.stringify([pool('forged')]),
    ]),
  );
  await world.staking.run((em) =>
    em.query('SELECT delivery.emit($1, $2, $3, $4, $5, NULL)', [
      'pool.opened@1',
      'staking',
      ['rewards'],
      ['a'],
      JSON.stringify([{ poolId: 7 }]),
    ]),
  );
  await eventually(async () => (await world.count('dead_at IS NOT NULL')) === 2);
  expect(await world.count(`last_error LIKE '%delivery.wrong_producer%'`)).toBe(1);
  expect(await world.count(`last_error LIKE '%message.invalid%'`)).toBe(1);
  expect(how.seen).toEqual([]);
});
