import { publicId } from '#kernel';
import { ETH, type OpenRewards, type Person } from '../rewards.spec-support.js';

/** Every report, the oldest first. */
export const reportRows = (rewards: OpenRewards): Promise<Record<string, unknown>[]> =>
  rewards.query(
    'SELECT number, state, from_slot::int, to_slot::int, reward::text, exceeded, reason FROM rewards.report ORDER BY created_at, number',
  );

/** Under these a validator that earns 1 ETH makes a report that people must look at. */
export const STRICT = { REPORT_MAX_RISE_BPS: '1', REPORT_MAX_ANNUAL_BPS: '100000000' };

/** A report that is held, and two treasurers. */
export async function heldReport(rewards: OpenRewards): Promise<{ id: string; url: string; one: Person; two: Person }> {
  const pubkey = await rewards.activate();
  rewards.chain.earned.set(pubkey, { reward: ETH });
  rewards.chain.epoch += 2n;
  await rewards.observe();
  const [row] = await rewards.query<{ id: string }>('SELECT id FROM rewards.report');
  const id = publicId('report', row?.id ?? '');
  return { id, url: `/v1/rewards/reports/${id}`, one: await rewards.staff('treasury'), two: await rewards.staff('treasury') };
}
