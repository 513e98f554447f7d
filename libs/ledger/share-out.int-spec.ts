/** shareOut() splits as share() of the kernel does, whatever the weights. */
import fc from 'fast-check';
import { amount, share } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#testing';
import { shareOut } from './index.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

async function shared(total: bigint, weights: readonly bigint[]): Promise<bigint[]> {
  const rows: { amount: string }[] = await database.admin.query(
    `WITH ${shareOut({ weights: 'SELECT o AS owner, weight FROM unnest($2::numeric[]) WITH ORDINALITY q(weight, o)', total: '$1::numeric' })}
     SELECT amount::text FROM share_out ORDER BY owner`,
    [total.toString(), weights.map(String)],
  );
  return rows.map((row) => BigInt(row.amount));
}

const weight = fc.oneof(fc.bigInt({ min: 0n, max: 3n }), fc.bigInt({ min: 0n, max: 10n ** 6n }), fc.bigInt({ min: 0n, max: 10n ** 37n }));
const total = fc.oneof(fc.bigInt({ min: 0n, max: 50n }), fc.bigInt({ min: 0n, max: 10n ** 37n }));

it('gives what share() gives, to the unit and with the same ties', async () => {
  await fc.assert(
    fc.asyncProperty(
      total,
      fc.array(weight, { minLength: 1, maxLength: 40 }).filter((weights) => weights.some((w) => w > 0n)),
      async (units, weights) => {
        const parts = await shared(units, weights);
        expect(parts).toEqual(share(amount(units), weights));
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(units);
      },
    ),
    { numRuns: 300 },
  );
}, 60_000);

it('gives ties to those who come first', async () => {
  expect(await shared(7n, Array<bigint>(5).fill(3n))).toEqual([2n, 2n, 1n, 1n, 1n]);
  expect(await shared(0n, [1n, 0n])).toEqual([0n, 0n]);
  expect(await shared(10n, [0n, 5n, 0n])).toEqual([0n, 10n, 0n]);
});

it('has nothing to give where no weight is', async () => {
  await expect(shared(1n, [0n, 0n])).rejects.toMatchObject({ code: '22012' });
});
