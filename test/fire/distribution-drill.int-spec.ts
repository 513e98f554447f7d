import { amount, uuid5 } from '#kernel';
import { drill } from '#testing';
import { linesFor } from '../../apps/staking/distributions/distribution.js';
import { ETH, OpenStaking, POOL } from '../../apps/staking/staking.spec-support.js';
import type { DistributionVictim } from './distribution.victim.js';
import { openDistributor } from './distribution.spec-support.js';

const HOLDERS = Array.from({ length: 7 }, (_, i) => uuid5('drill', String(i)));
const EACH = 100n;
const weights = HOLDERS.map((clientId, i) => ({ clientId, weight: BigInt(i + 1) }));

it('pays every line of a distribution once, wherever its process is killed', async () => {
  const s = await OpenStaking.ready({ LOSS_SNAPSHOT_BPS: '0' });
  const worker = await openDistributor(s.database.url('staking'));
  try {
    const next = await world(s);
    let id = await next();
    const report = await drill<DistributionVictim>({
      script: new URL('distribution.victim.ts', import.meta.url),
      statements: [3, 8, 12, 17, 24, 32],
      moments: ['sent'],
      input: () => ({ url: s.database.url('staking'), id }),
      afterwards: async (round) => {
        for (let times = 0; times < 2; times++) await worker.posting.advance(id);
        let total = 0n;
        for (const { clientId, amount: units } of linesFor(amount(EACH), weights)) {
          expect(await s.balance('client.available', clientId)).toBe(units * BigInt(round + 1));
          total += units;
        }
        expect(total).toBe(EACH);
        expect(await s.balance('pool.recovery', POOL)).toBe(0n);
        expect(await s.query('SELECT state, paid = total AS whole FROM staking.distribution WHERE id = $1', [id])).toEqual([
          { state: 'settled', whole: true },
        ]);
        id = await next();
      },
    });
    expect(report).toEqual({ kills: 6, rounds: 6 });
  } finally {
    await worker.close();
    await s.close();
  }
});

/** A loss on seven holders; answers with what makes the next distribution of it. */
async function world(s: OpenStaking): Promise<() => Promise<string>> {
  const ada = await s.funded(40n * ETH);
  await s.stake(ada, '32');
  const pubkey = await s.fillValidator();
  await s.report([{ pubkey }]);
  await s.report([{ pubkey, reward: -100_000n }]);
  await s.query('DELETE FROM staking.loss_holder');
  for (const { clientId, weight } of weights)
    await s.query(`INSERT INTO staking.loss_holder (loss_id, client_id, weight) SELECT id, $1, $2::numeric FROM staking.loss`, [
      clientId,
      String(weight),
    ]);
  const [loss] = await s.query<{ id: string }>('SELECT id FROM staking.loss');
  const [one, two] = [await s.staff('treasury'), await s.staff('officer')];
  return async () => {
    await s.book(['deposit.unattributed', null, EACH], ['unattributed.to_recovery', POOL, EACH]);
    const terms = { loss_id: loss?.id, sources: [{ from: 'recovered', amount_atomic: String(EACH) }] };
    const made = await s.call(one, 'POST', '/v1/staking/proposals', { pool_id: POOL, kind: 'recovery', terms, comment: 'drill' });
    await s.call(two, 'POST', `/v1/staking/proposals/${made.body.id}/approve`, { comment: 'drill' });
    const [row] = await s.query<{ id: string }>(`SELECT id FROM staking.distribution WHERE state = 'posting'`);
    if (!row) throw new Error('nothing was distributed');
    return row.id;
  };
}
