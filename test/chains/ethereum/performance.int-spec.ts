/** What the adapter says of duties, against a chain whose validators do them or, on purpose, do not. */
import type { DutyPerformance, SignedDeposit } from '#chains';
import { SLOTS_PER_EPOCH, Stage } from './stage.spec-support.js';

let stage: Stage;
let ours: SignedDeposit[];
const look = async (pubkeys: readonly string[], from: bigint, to = from): Promise<readonly DutyPerformance[]> =>
  stage.chain.staking.performance(pubkeys, from, to);
const epochNow = async (): Promise<bigint> => BigInt(Math.floor((await stage.status()).slot / SLOTS_PER_EPOCH));
/** Makes slots until the first of an epoch is the head. */
async function toEpoch(epoch: bigint): Promise<void> {
  const { slot } = await stage.status();
  await stage.slots(Number(epoch) * SLOTS_PER_EPOCH - slot);
}
/** Until the votes of an epoch are counted and final. */
const untilCounted = (epoch: bigint): Promise<void> => toEpoch(epoch + 5n);

beforeAll(async () => {
  stage = await Stage.open({ ether: 100 });
  ours = [await stage.deposit(0, 32n), await stage.deposit(1, 32n)];
  for (const { pubkey } of ours) await stage.untilFinalised(pubkey, 'active');
}, 60_000);
afterAll(() => stage.close());

describe('the performance of validators', () => {
  const keys = (): string[] => ours.map(({ pubkey }) => pubkey);

  it('is whole where every duty was done', async () => {
    const first = (await epochNow()) + 1n;
    await untilCounted(first + 1n);
    for (const seen of await look(keys(), first, first + 1n)) {
      expect(seen).toMatchObject({
        activeEpochs: 2n,
        expectedAttestations: 2n,
        included: 2n,
        sourceCorrect: 2n,
        targetCorrect: 2n,
        headCorrect: 2n,
      });
      expect(seen.proposals).toBe(seen.expectedProposals);
      expect(seen.stakeEpochs).toBe(64n * 10n ** 18n);
    }
  });

  it('shows what one of them missed, and that it is back', async () => {
    const away = (await epochNow()) + 1n;
    await toEpoch(away);
    await stage.control('miss', { pubkey: keys()[0], slots: 2 * SLOTS_PER_EPOCH });
    await untilCounted(away + 3n);
    const [missed, steady] = await look(keys(), away, away + 1n);
    expect(missed).toMatchObject({ expectedAttestations: 2n, included: 0n, sourceCorrect: 0n, headCorrect: 0n, proposals: 0n });
    expect(steady).toMatchObject({ included: 2n, sourceCorrect: 2n, targetCorrect: 2n });
    const [back] = await look(keys(), away + 3n);
    expect(back).toMatchObject({ expectedAttestations: 1n, included: 1n, sourceCorrect: 1n, targetCorrect: 1n });
  });

  it('counts every turn to propose once, the missed ones as missed', async () => {
    const epoch = (await epochNow()) + 1n;
    const all = await stage.beacon<{ validator: { pubkey: string } }[]>('beacon/states/head/validators');
    const everybody = all.map(({ validator }) => validator.pubkey);
    await toEpoch(epoch);
    for (let index = 0; index < 16; index++) await stage.control('miss', { index, slots: SLOTS_PER_EPOCH });
    const before = (await stage.status()).block;
    await stage.slots(SLOTS_PER_EPOCH - 1);
    const made = (await stage.status()).block - before + 1; // the first slot of the epoch was made before
    await untilCounted(epoch);
    const seen = await look(everybody, epoch);
    const sum = (of: 'expectedProposals' | 'proposals'): bigint => seen.reduce((total, each) => total + each[of], 0n);
    expect(sum('expectedProposals')).toBe(BigInt(SLOTS_PER_EPOCH));
    expect(sum('proposals')).toBe(BigInt(made));
  });

  it('is not told of votes that may still come', async () => {
    await expect(look(keys(), await epochNow())).rejects.toMatchObject({ code: 'chain.state_missing' });
  });
});
