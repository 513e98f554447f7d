import { drill } from '../soak/drills/payout-drill.js';

it('pays everybody once of a run whose process is killed under it, wherever that is', async () => {
  // while it is drawn up, worked out again, set aside, paid and reconciled; `npm run soak` takes every statement and every moment
  expect(await drill({ statements: [8, 20, 32, 44, 56], moments: ['sent'] })).toEqual({ kills: 5, rounds: 5 });
});
