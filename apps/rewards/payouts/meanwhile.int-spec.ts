import { amount } from '#kernel';
import { eventually } from '#testing';
import { lockPreference, savePreference } from '../preferences/preferences.store.js';
import { ETH, OpenRewards, type Person } from '../rewards.spec-support.js';

let rewards: OpenRewards;
const open = async (env: Record<string, string> = {}): Promise<OpenRewards> => (rewards = await OpenRewards.start(env));
afterEach(() => rewards.close());
const planned = async (): Promise<string> => {
  await rewards.plan();
  return (await rewards.said('settlement.request@1')).at(-1).runId as string;
};
const drawn = async (): Promise<string> => {
  const run = await planned();
  await rewards.settle(run);
  return run;
};

it('takes what a client said before it was drawn up; one who keeps saying something else changes no run that is under way', async () => {
  await open();
  const [fickle, other] = [await rewards.client(), await rewards.client()];
  await rewards.earn(
    [
      [fickle, ETH],
      [other, ETH],
    ],
    2n * ETH,
  );
  await rewards.prefer(fickle, { mode: 'restake', product_id: 'eth-payout' });
  const run = await drawn();
  for (let looks = 0; looks < 4; looks++) {
    await rewards.prefer(fickle, { mode: 'payout', min_amount: String(5 + looks) });
    await rewards.prefer(other, { mode: 'restake', product_id: 'eth-payout', min_amount: String(looks) });
    await rewards.verify();
    expect(await rewards.runRow(run)).toMatchObject({ state: 'approved', lines_below: 0, total: String(2n * ETH) });
  }
  await rewards.posting().postAll();
  expect((await rewards.said('restake.request@1')).map(({ clientId }) => clientId)).toEqual([fickle.uuid]);
  await rewards.earn([[fickle, ETH]], ETH);
  expect(await rewards.runRow(await drawn())).toMatchObject({ lines_below: 1, total: '0' }); // and from the next on it counts
});

it('draws up after whoever is saying something, and not before', async () => {
  await open();
  const client = await rewards.client();
  await rewards.earn([[client, ETH]], ETH);
  const run = await planned();
  const settling: Promise<void>[] = [];
  await rewards.run(async (em) => {
    await lockPreference(em, client.uuid, 'ETH');
    await savePreference(em, {
      ...{ clientId: client.uuid, asset: 'ETH', mode: 'payout', productId: null, minimum: amount(5n * ETH) },
      ...{ changedAt: rewards.clock.now(), version: 1 },
    });
    settling.push(rewards.settle(run));
    await eventually(async () => {
      const waiting = await rewards.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`);
      return waiting.length > 0;
    });
  });
  await Promise.all(settling);
  expect(await rewards.runRow(run)).toMatchObject({ lines_below: 1, total: '0' });
});

it('is not disputed because people decide again and again who may be paid', async () => {
  await open();
  const clients = await Promise.all(Array.from({ length: 4 }, () => rewards.client()));
  await rewards.earn(
    clients.map((client) => [client, ETH] as const),
    4n * ETH,
  );
  const [a, b, c, d] = clients as [Person, Person, Person, Person];
  for (const client of [a, b]) await rewards.standing(client, 'closed');
  const [first, second] = [await rewards.hold(c), await rewards.hold(d)];
  const run = await drawn();
  const lifting = [
    () => rewards.standing(a, 'approved', 3),
    () => rewards.unhold(first),
    () => rewards.standing(b, 'approved', 3),
    () => rewards.unhold(second),
  ];
  for (const [i, lift] of lifting.entries()) {
    await lift(); // the line is held for what is no longer so
    await rewards.verify();
    expect(await rewards.runRow(run)).toMatchObject({ state: 'dry_run', draws: 1, lines_held: 3 - i });
  }
  await rewards.standing(a, 'closed', 4); // held when it is to be paid
  await rewards.verify();
  expect(await rewards.runRow(run)).toMatchObject({ state: 'approved', total: String(4n * ETH) });
  await rewards.posting().postAll();
  expect(await rewards.runRow(run)).toMatchObject({ state: 'reconciled', paid: String(3n * ETH) });
});
