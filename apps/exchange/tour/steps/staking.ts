import { assets, formatDecimal } from '#kernel';
import type { Cast, TourContext } from '../context.js';
import { control, newWallet } from '../chain-side.js';
import { inWords, operation, PRODUCT, reached, stake, type Eta, type Operation } from '../operations.js';
import { letTimePass } from '../passing-time.js';
import { acknowledge, approved, buckets, depositAddress, ownAddress, person, signUp, type Client } from '../people.js';
import { expectThat, type Story } from '../story.js';
import { DEPOSIT, eth, shortHash, STAKE, wei } from '../words.js';

const MINIMUM = '0.0001';

/** Coins arrive and are staked with one click. */
export async function depositing(story: Story, { outside }: TourContext, cast: Cast, client: Client): Promise<void> {
  const { wallet, address } = cast;
  if (!wallet || !address) throw new Error('the client has no wallet or no address');

  await story.step(`The client sends ${DEPOSIT} ETH on chain; it is credited when it is final, not before`, async (say) => {
    const hash = await wallet.send(address, wei(DEPOSIT));
    await control(outside, 'advance', { slots: 1 });
    say(`transaction ${shortHash(hash)} is in a block`);
    const early = BigInt((await buckets(client))?.available_atomic ?? '0');
    expectThat(early === 0n, 'nothing is credited before finality', { early });
    const { value, epochs } = await letTimePass(outside, 'the deposit is credited', async () => {
      const { data } = await client.api.get<{ data: { state: string; tx_hash: string; amount: string }[] }>('/v1/custody/deposits');
      return data.find((d) => d.tx_hash === hash && d.state === 'credited');
    });
    const free = (await buckets(client))?.available ?? '0';
    expectThat(wei(free) === wei(DEPOSIT), 'exactly what was sent is available', { free });
    say(`${eth(value.amount)} credited after ${epochs} epochs: the sender is the client's own wallet, so a rule cleared it from suspense`);
    return { transaction: hash, epochs, available: free };
  });
}

export async function ordering(story: Story, context: TourContext, cast: Cast, client: Client): Promise<string> {
  let orderId = '';
  await story.step(`A quote, and one click: ${STAKE} ETH`, async (say) => {
    const quote = await client.api.post<{ quote_id: string; eta: Eta | null; fees: unknown[]; expires_at: string }>('/v1/staking/quotes', {
      product_id: PRODUCT,
      side: 'stake',
      amount: STAKE,
    });
    say(`quote ${quote.quote_id.slice(0, 12)}…: ETA ${inWords(quote.eta)}`);
    const key = `tour-${crypto.randomUUID()}`;
    const [first, ...copies] = await Promise.all(Array.from({ length: 5 }, () => stake(client, STAKE, { quote_id: quote.quote_id }, key)));
    expectThat(first !== undefined && copies.every((c) => c.id === first.id), 'five clicks with one key are one order');
    orderId = first.id;
    cast.orderId = orderId;
    const held = await buckets(client);
    expectThat(held?.reserved_atomic === wei(STAKE).toString(), 'exactly the stake is reserved, once', { reserved: held?.reserved_atomic });
    say(
      `order ${orderId}: ${first.state}; sent five times with one key, accepted once; it can still be cancelled: ${String(first.cancellable)}`,
    );
    return { order: orderId, quote: quote.quote_id };
  });

  await story.step('Others stake what is missing for a validator of 32 ETH; no client ever sees that number', async (say) => {
    const filled = await fillUp(context, client, say);
    if (filled === null) say('the pool already has what is missing: its own buffer fills up the batch');
    return { others: filled };
  });
  return orderId;
}

/** Lets another client stake what the next validator lacks (a product has a minimum, so perhaps a little more). Answers the amount. */
async function fillUp(context: TourContext, client: Client, say: (line: string) => void): Promise<string | null> {
  const pool = await client.api.get<{ next_batch_missing: { amount_atomic: string } }>('/v1/staking/pools/eth-payout-1');
  const missing = BigInt(pool.next_batch_missing.amount_atomic);
  if (missing === 0n) return null;
  const amount = missing < wei(MINIMUM) ? wei(MINIMUM) : missing;
  const other = await anotherClient(context, amount);
  const placed = await stake(other, formatDecimal(assets.ETH, amount));
  say(`another client, approved like the first, stakes ${eth(amount)}: ${placed.state}`);
  return formatDecimal(assets.ETH, amount);
}

/** An order may be cut where a batch was full: true while some of it waits for the next one. */
function waitsForMore(order: Operation): boolean {
  const placed = order.parts.filter((p) => p.state !== 'returned').reduce((sum, p) => sum + wei(p.amount), 0n);
  return order.state === 'queued' && placed > 0n && placed < wei(STAKE);
}

async function anotherClient({ api, staff, outside }: TourContext, needs: bigint): Promise<Client> {
  const client = await signUp(api, 'tour, another');
  await approved(staff, client, person('Bob Neighbour'));
  await acknowledge(client, PRODUCT);
  const wallet = await newWallet(outside, formatDecimal(assets.ETH, needs + wei('1')));
  const address = await depositAddress(client);
  await ownAddress(client, wallet.address, 'own wallet');
  await wallet.send(address, needs);
  await letTimePass(outside, 'the other deposit is reviewed or credited', async () => {
    const { data } = await staff.officer.get<{ data: { id: string; state: string }[] }>(`/v1/compliance/deposits?client_id=${client.id}`);
    const [deposit] = data;
    if (deposit?.state === 'under_review')
      await staff.officer.post(`/v1/compliance/deposits/${deposit.id}/release`, { comment: 'above the rule, funds explained' });
    return BigInt((await buckets(client))?.available_atomic ?? '0') === needs;
  });
  return client;
}

export async function activating(story: Story, context: TourContext, client: Client, orderId: string): Promise<void> {
  const { outside } = context;
  await story.step('The batch becomes a deposit transaction: built, compared with its intent, signed by policy, sent', async (say) => {
    const { value, epochs } = await letTimePass(outside, 'the deposit transaction is final', async () => {
      if (waitsForMore(await operation(client, orderId))) await fillUp(context, client, say);
      return reached(client, orderId, ['activating', 'active']);
    });
    const hash = depositHash(value);
    expectThat(hash !== null, 'the order names the deposit transaction');
    say(`deposit transaction ${shortHash(hash)}, final after ${epochs} epochs; ${value.state}: ETA ${inWords(value.eta)}`);
    return { transaction: hash, state: value.state, eta: value.eta };
  });

  await story.step('The validator becomes active by the rules of consensus, and the next report mints the shares', async (say) => {
    const { value, epochs } = await letTimePass(outside, 'the order is active', () => reached(client, orderId, ['active']));
    const held = await buckets(client);
    expectThat(held?.active_atomic === wei(STAKE).toString(), 'the stake is worth what was staked', { active: held?.active_atomic });
    const validator = value.parts.find((p) => p.validator)?.validator ?? '';
    say(`validator ${shortHash(validator)} active after ${epochs} more epochs; the position is worth ${eth(STAKE)}`);
    return { validator, epochs };
  });
}

const depositHash = (order: Operation): string | null =>
  order.parts.find((p) => p.tx_hash)?.tx_hash ?? order.steps.findLast((s) => s.tx_hash)?.tx_hash ?? null;
