import { ETH, OpenRewards } from '../rewards.spec-support.js';

let rewards: OpenRewards;
const open = async (): Promise<OpenRewards> => (rewards = await OpenRewards.start());
afterEach(() => rewards.close());

const REWARD = ETH / 1_000n;
const sent = () => rewards.said('report.apply@1');

it('lets an emptied validator leave, and goes on reporting without any', async () => {
  await open();
  const pubkey = await rewards.activate();
  rewards.chain.epoch += 1n;
  rewards.chain.earned.set(pubkey, { reward: REWARD, withdrawn: 32n * ETH + REWARD, emptied: true });
  await rewards.observe();
  expect((await sent())[0].validators).toMatchObject([{ closing: '0', emptied: true }]);
  await rewards.applied();
  rewards.chain.epoch += 1n;
  rewards.chain.earned.clear();
  await rewards.observe();
  expect((await sent())[1]).toMatchObject({ number: 2, validators: [] });
  await rewards.applied();
  expect(await rewards.query('SELECT state, reward::text FROM rewards.report ORDER BY number')).toMatchObject([
    { state: 'applied' },
    { state: 'applied', reward: '0' },
  ]);
});

it('goes on looking at a validator that has left: what was deposited late is added to it, and paid out again', async () => {
  await open();
  const pubkey = await rewards.activate();
  const period = async (seen: object): Promise<object[]> => {
    rewards.chain.epoch += 1n;
    rewards.chain.earned.set(pubkey, seen);
    await rewards.observe();
    await rewards.applied();
    return (await sent()).at(-1).validators as object[];
  };
  await period({ withdrawn: 32n * ETH, emptied: true });
  expect(await period({})).toEqual([]);
  expect(await period({ deposited: ETH })).toMatchObject([{ pubkey, opening: '0', closing: String(ETH), emptied: false }]);
  expect(rewards.chain.asked.at(-1)).toMatchObject([{ pubkey, opening: 0n, sinceSlot: (rewards.chain.epoch - 1n) * 32n }]);
  expect(await rewards.query('SELECT principal::text, left_in FROM rewards.validator')).toEqual([
    { principal: String(ETH), left_in: null },
  ]);
  expect(await period({ withdrawn: ETH, emptied: true })).toMatchObject([{ opening: String(ETH), closing: '0', emptied: true }]);
  expect(await period({ deposited: 2n * ETH, withdrawn: 2n * ETH, emptied: true })).toMatchObject([{ withdrawn: String(2n * ETH) }]); // between two looks
  expect(await period({})).toEqual([]);
});

it('lets principal follow a merger', async () => {
  await open();
  const [target, source] = [await rewards.activate(), await rewards.activate()];
  rewards.chain.epoch += 1n;
  rewards.chain.earned.set(target, { consolidatedIn: 32n * ETH });
  rewards.chain.earned.set(source, { consolidatedOut: 32n * ETH, emptied: true });
  await rewards.observe();
  expect((await sent())[0].validators).toMatchObject(
    [target, source].sort().map((pubkey) => ({ pubkey, reward: '0', closing: String(pubkey === target ? 64n * ETH : 0n) })),
  );
  await rewards.applied();
  const rows = await rewards.query('SELECT principal::text FROM rewards.validator ORDER BY opening');
  expect(rows).toEqual([{ principal: '0' }, { principal: String(64n * ETH) }]);
});
