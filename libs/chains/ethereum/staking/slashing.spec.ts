import fc from 'fast-check';
import { atHead, HEAD, pubkeyOf, state, validatorAnswer } from '../node/fake-nodes.spec-support.js';
import { correlationPenalty, foreseeSlashing, immediatePenalty } from './slashing.js';

const ETH = 10n ** 18n;
const rules = { multiplier: 3n, increment: ETH };

describe('the penalty of a slashed validator', () => {
  it('at once is a 4096th of what counts', () => {
    expect(immediatePenalty(32n * ETH, 4_096n)).toBe(7_812_500_000_000_000n); // 0.0078125 ETH
    expect(immediatePenalty(2_048n * ETH, 4_096n)).toBe(ETH / 2n);
  });

  it('by correlation is floored for each ETH first, and multiplied then', () => {
    const stake = 34_000_000n * ETH;
    // 3 × 32 ETH of 34 million: 2823 Gwei an ETH (2823.5…), 32 times that
    expect(correlationPenalty(32n * ETH, 32n * ETH, stake, rules)).toBe(32n * 2_823n * 10n ** 9n);
    expect(correlationPenalty(2_048n * ETH, 32n * ETH, stake, rules)).toBe(2_048n * 2_823n * 10n ** 9n);
    // a third of everything slashed: all is lost
    expect(correlationPenalty(32n * ETH, stake / 3n + ETH, stake, rules)).toBe(32n * ETH);
  });

  it('by correlation is the formula of the specification, in its own integers', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 2_048n), fc.bigInt(0n, 10n ** 6n), fc.bigInt(1n, 4n * 10n ** 7n), (effective, slashed, active) => {
        const [GWEI, inc] = [10n ** 9n, 10n ** 9n];
        const total = active * GWEI;
        const adjusted = slashed * GWEI * 3n < total ? slashed * GWEI * 3n : total;
        const expected = (adjusted / (total / inc)) * ((effective * GWEI) / inc);
        expect(correlationPenalty(effective * ETH, slashed * ETH, active * ETH, rules)).toBe(expected * GWEI);
      }),
    );
  });

  it('is foreseen for slashed keys alone, from all that are slashed within the window', async () => {
    const slashed = { slashed: true, exit_epoch: '17', withdrawable_epoch: '60' };
    const first = validatorAnswer(1, { status: 'active_slashed', validator: slashed });
    const nodes = atHead();
    nodes.reply(state(HEAD, `validators?id=${pubkeyOf(1)},${pubkeyOf(2)}`), [first, validatorAnswer(2)], { finalized: false });
    const gone = validatorAnswer(4, { status: 'exited_slashed', validator: { ...slashed, withdrawable_epoch: '12' } });
    const third = validatorAnswer(3, { status: 'exited_slashed', validator: slashed });
    nodes.reply(state(HEAD, 'validators?status=active_slashed,exited_slashed'), [first, third, gone], { finalized: false });
    nodes.reply(state(HEAD, `committees?slot=${HEAD}`), [{ validators: ['1'] }], { finalized: false });
    nodes.reply(state(HEAD, 'committees'), [{ validators: ['1', '2', '5'] }], { finalized: false });
    nodes.reply(state(HEAD, 'validators?id=1,2,5'), [first, validatorAnswer(2), validatorAnswer(5)], { finalized: false });
    expect(await foreseeSlashing(nodes.network(), [pubkeyOf(1), pubkeyOf(2)])).toEqual([
      // 64 ETH slashed of 96: times three it is more than all there is
      { pubkey: pubkeyOf(1), immediate: 7_812_500_000_000_000n, correlation: 32n * ETH, correlationEpoch: 28n, withdrawableEpoch: 60n },
    ]);
    nodes.reply(state(HEAD, `validators?id=${pubkeyOf(2)}`), [validatorAnswer(2)], { finalized: false });
    expect(await foreseeSlashing(nodes.network(), [pubkeyOf(2)])).toEqual([]);
  });
});
