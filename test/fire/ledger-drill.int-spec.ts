import { drill } from '../soak/drills/ledger-drill.js';

it('loses and repeats nothing of a transaction whose process is killed under it', async () => {
  // within it and around its commit; `npm run soak` takes every statement and every moment
  expect(await drill({ statements: [3, 7, 8], moments: ['sent'] })).toEqual({ kills: 3, rounds: 3 });
});
