import { amount, delta } from '#kernel';
import { NEW_POOL } from './pool.js';
import { openReport } from './report.js';
import { NO_EXECUTION } from './rewards.js';
import { ETH } from './simulation.spec-support.js';

const VALIDATORS = 1_000;

it('looks at each validator of a report a few times, however many there are: all lost, were topped up, and half were merged', () => {
  let looked = 0;
  const seen = <T extends object>(i: number, rest: T): T & { readonly pubkey: string } =>
    Object.defineProperty({ ...rest }, 'pubkey', { enumerable: true, get: () => (looked++, name(i)) }) as T & { readonly pubkey: string };
  const name = (i: number): string => `validator-${i}`;
  const all = Array.from({ length: VALIDATORS }, (_, i) => i);
  const full = amount(32n * ETH);
  const [none, one] = [amount(0n), amount(ETH)];
  const merged = (i: number): boolean => i % 2 === 1;
  const validators = all.map((i) =>
    seen(i, { principal: full, booked: full, reported: true, emptied: false, slashed: true, operator: `operator-${i}` }),
  );
  const observations = all.map((i) =>
    seen(i, {
      opening: full,
      closing: amount(merged(i) ? full + one - one - 1n : full + one + one - 1n),
      ...{ withdrawn: none, deposited: one, consolidatedIn: merged(i) ? none : one, consolidatedOut: merged(i) ? one : none },
      ...{ reward: delta(-1n), emptied: false },
    }),
  );
  const result = openReport(
    { ...NEW_POOL, id: 'pool', mode: 'payout', firstRate: 1n, assets: amount(32_000n * ETH), lossCarried: none },
    { number: 1, validators: observations, execution: NO_EXECUTION },
    {
      ...{ validators, entries: [], topUps: all.map((i) => seen(i, { batchId: `batch-${i}`, amount: one })) },
      mergers: new Map(all.filter(merged).map((i) => [name(i), name(i - 1)])),
      ...{ askedOf: new Map(), lossPermitted: amount(ETH), fees: new Map([['standard', 1_000]]) },
      covers: { bonds: new Map(all.map((i) => [`operator-${i}`, one])), fund: none, firstLoss: none },
      largest: null,
    },
  );
  expect(result).toMatchObject({
    ok: true,
    value: { toppedUp: all.map((i) => `batch-${i}`), covered: { total: BigInt(VALIDATORS) }, given: [] },
  });
  expect(looked).toBeLessThan(50 * VALIDATORS);
});
