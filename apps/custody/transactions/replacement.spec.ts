import { amount } from '#kernel';
import { decideReplacement, isStuck, mayReplaceAgain, needsPeople, type ReplacementFunds } from './replacement.js';

const limits = { afterBlocks: 10n, most: 2, maxGasCost: 1_000n };

describe('whether a transaction is stuck', () => {
  it.each<[string, bigint, bigint | null, bigint, boolean]>([
    ['it waits its time', 9n, 10n, 19n, false],
    ['it has waited too long', 10n, 10n, 10n, true],
    ['the base fee has outrun it', 1n, 10n, 20n, true],
    ['its price was not kept and it waits', 9n, null, 1_000n, false],
    ['its price was not kept and it has waited', 10n, null, 1n, true],
  ])('where %s', (_name, blocks, maxFeePerGas, presentMaxFee, stuck) => {
    expect(isStuck({ blocks, maxFeePerGas, presentMaxFee }, limits)).toBe(stuck);
  });

  it('is decided so often and no oftener', () => {
    expect([1, 2, 3].map((attempts) => mayReplaceAgain(attempts, limits)?.code ?? null)).toEqual([
      null,
      null,
      'transaction.replacements_exhausted',
    ]);
  });
});

describe('what a replacement takes', () => {
  const fee = { gasLimit: 10n, maxFeePerGas: 15n, maxPriorityFeePerGas: 1n, worstCost: amount(150n) };
  const decide = (funds: Partial<ReplacementFunds>, maxGasCost = 1_000n): unknown => {
    const decided = decideReplacement(fee, { worstCost: 100n, spendable: 50n, float: 50n, ...funds }, { ...limits, maxGasCost });
    return decided.ok ? decided.value : decided.refusal.code;
  };

  it('is the difference to what is set aside already', () => {
    expect(decide({})).toBe(50n);
    expect(decide({ worstCost: 200n })).toBe(0n);
    expect(decide({ float: null })).toBe(50n);
  });

  it('must be there, and within the cap', () => {
    expect(decide({ spendable: 49n })).toBe('transaction.replacement_unfunded');
    expect(decide({ float: 49n })).toBe('gas.float_empty');
    expect(decide({}, 149n)).toBe('transaction.fee_cap');
  });

  it('calls people only where nothing passes by itself', () => {
    expect(['transaction.fee_cap', 'transaction.replacements_exhausted'].every(needsPeople)).toBe(true);
    expect(['gas.float_empty', 'transaction.replacement_unfunded'].some(needsPeople)).toBe(false);
  });
});
