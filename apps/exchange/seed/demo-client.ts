import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { assets, formatDecimal, parseDecimal, accept } from '#kernel';
import type { RunningExchange } from '../exchange.js';
import { Api } from '../tour/api.js';
import { control, type Outside } from '../tour/chain-side.js';
import { acknowledge, approved, buckets, depositAddress, person, signUp, staffOf, until, type Client, type Staff } from '../tour/people.js';
import { topUpHouse } from './house.js';

export interface DemoClient {
  readonly apiKey: string;
  readonly summary: string;
}

const NAME = 'Demo Client';
const DEPOSIT = '10';
const PRODUCT = 'eth-payout';

/** The house's treasury, and a client that is approved and has ETH: through the public doors, as anybody would, once a home. */
export async function seedDemo(exchange: RunningExchange): Promise<DemoClient> {
  const { controlUrl, endpoints } = exchange.chain;
  if (controlUrl === undefined) throw new Error('the demo needs the local chain');
  const outside: Outside = { controlUrl, executionUrl: endpoints.executionUrl, beaconUrl: endpoints.beaconUrl };
  const api = new Api(exchange.apiUrl);
  const staff = staffOf(api, exchange.staff);
  const gas = await topUpHouse(staff, outside);
  const client = await demoClient(exchange, api, staff);
  const available = (await buckets(client))?.total_atomic ?? '0';
  if (available === '0') await fund(client, staff, outside);
  const now = BigInt((await buckets(client))?.available_atomic ?? '0');
  return { apiKey: client.apiKey, summary: `gas float ${gas} ETH, demo client with ${formatDecimal(assets.ETH, now)} ETH free` };
}

/** Signed up and approved in an earlier start, or now. The key is shown once, so the home keeps it. */
async function demoClient(exchange: RunningExchange, api: Api, staff: Staff): Promise<Client> {
  const file = exchange.home.path('secrets', 'demo-client.json');
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { id: string; apiKey: string }) : null;
  const client = known ? { ...known, api: api.as(known.apiKey) } : await signUp(api, 'demo');
  if (!known) writeFileSync(file, JSON.stringify({ id: client.id, apiKey: client.apiKey }), { mode: 0o600 });
  const { data } = await client.api.get<{ data: { state: string }[] }>('/v1/onboarding/applications');
  if (data.length === 0) await approved(staff, client, person(NAME));
  return client;
}

/** Coins from the faucet, which nobody knows as the client's own: so an officer lets them in. */
async function fund(client: Client, staff: Staff, outside: Outside): Promise<void> {
  const address = await depositAddress(client);
  await acknowledge(client, PRODUCT);
  const wei = accept(parseDecimal(assets.ETH, DEPOSIT));
  await control(outside, 'fund', { address, wei: wei.toString() });
  await control(outside, 'finalise');
  const waiting = await until('the deposit reaches an officer', async () => {
    const { data } = await staff.officer.get<{ data: { id: string }[] }>(
      `/v1/compliance/deposits?client_id=${client.id}&state=under_review`,
    );
    return data[0];
  });
  await staff.officer.post(`/v1/compliance/deposits/${waiting.id}/release`, { comment: 'coins of the demo, from the local faucet' });
  await until('the deposit is credited', async () => BigInt((await buckets(client))?.available_atomic ?? '0') > 0n);
}
