import { assets, formatDecimal } from '#kernel';
import type { Cast, TourContext } from '../context.js';
import { inWords, PRODUCT, reached, type Operation } from '../operations.js';
import { letTimePass } from '../passing-time.js';
import { buckets, type Client } from '../people.js';
import { expectThat, type Story } from '../story.js';
import { DEPOSIT, eth, shortHash, STAKE, wei } from '../words.js';

interface Withdrawal extends Record<string, unknown> {
  readonly id: string;
  readonly state: string;
  readonly amount: string;
  readonly amount_atomic: string;
  readonly tx_hash: string | null;
}

export async function leaving(story: Story, { outside }: TourContext, client: Client): Promise<void> {
  let exitId = '';
  await story.step(`The client unstakes ${STAKE} ETH`, async (say) => {
    const placed = await client.api.post<Operation>('/v1/staking/unstakes', { product_id: PRODUCT, amount: 'max' });
    exitId = placed.id;
    const seen = await client.api.get<Operation>(`/v1/staking/operations/${exitId}`);
    say(`order ${exitId}: ${seen.state}; ETA ${inWords(seen.eta)}`);
    return { order: exitId, state: seen.state };
  });

  await story.step(
    'Exit, withdrawal, settlement: a validator leaves if the buffer does not suffice; the queue is paid in order',
    async (say) => {
      const seen: string[] = [];
      const { value, epochs } = await letTimePass(outside, 'the exit is settled', async () => {
        const now = await client.api.get<Operation>(`/v1/staking/operations/${exitId}`);
        if (seen.at(-1) !== now.state) seen.push(now.state);
        return reached(client, exitId, ['settled']);
      });
      const held = await buckets(client);
      expectThat(held?.active_atomic === '0', 'nothing is left in the pool', { active: held?.active_atomic });
      say(`${value.steps.map((s) => s.name).join(' → ')}, ${epochs} epochs`);
      const exit = value.parts.find((p) => p.tx_hash)?.tx_hash ?? value.steps.find((s) => s.tx_hash)?.tx_hash;
      if (exit) say(`exit request ${shortHash(exit)}`);
      say(`available now: ${eth(held.available)}`);
      return { steps: value.steps.map((s) => s.name), epochs, available: held.available };
    },
  );
}

export async function withdrawing(story: Story, { outside }: TourContext, cast: Cast, client: Client): Promise<void> {
  const { wallet, destinationId } = cast;
  if (!wallet || !destinationId) throw new Error('the client has no wallet');
  await story.step('The client withdraws to its own address, and nowhere else', async (say) => {
    const elsewhere = await client.api.refused((a) =>
      a.post('/v1/custody/withdrawals', { asset: 'ETH', amount: '1', destination_id: 'dst_00000000-0000-4000-8000-000000000000' }),
    );
    say(`to an address off the list: ${elsewhere.status} ${elsewhere.code}`);
    const before = await wallet.balance();
    const amount = formatDecimal(assets.ETH, wei(DEPOSIT));
    const placed = await client.api.post<Withdrawal>('/v1/custody/withdrawals', { asset: 'ETH', amount, destination_id: destinationId });
    const { value, epochs } = await letTimePass(outside, 'the withdrawal is settled', async () => {
      const now = await client.api.get<Withdrawal>(`/v1/custody/withdrawals/${placed.id}`);
      expectThat(now.state !== 'returned', 'the withdrawal was not returned', now);
      return now.state === 'settled' ? now : null;
    });
    const received = (await wallet.balance()) - before;
    expectThat(received === wei(amount), 'the wallet received exactly the amount; the house bore the gas', { received, amount });
    say(
      `${eth(value.amount)} in transaction ${shortHash(value.tx_hash ?? '')}, final after ${epochs} epochs; the wallet received exactly that, the house bore the gas`,
    );
    return { withdrawal: placed.id, transaction: value.tx_hash, received: formatDecimal(assets.ETH, received), refused: elsewhere.code };
  });
}
