import fc from 'fast-check';
import { amount } from '#kernel';
import { bytes32, FakeNodes, hexOf } from '../node/fake-nodes.spec-support.js';
import { RpcRefusal } from '../node/execution-node.js';
import { bumpFee } from './bump-fee.js';
import { quoteFee } from './quote-fee.js';

const plan = { from: `0x${'11'.repeat(20)}`, to: `0x${'22'.repeat(20)}`, value: amount(1n), data: '0x' };
const CAP = 10n ** 12n;

function arranged(gas: number, fees: readonly number[] | null = null, base = 100): FakeNodes {
  const nodes = new FakeNodes();
  nodes.method('eth_getBlockByNumber', () => ({ number: '0x5', hash: bytes32(5), timestamp: '0x10', baseFeePerGas: hexOf(base) }));
  nodes.method('eth_maxPriorityFeePerGas', () => hexOf(3));
  nodes.method('eth_estimateGas', () => hexOf(gas));
  if (fees) nodes.method('eth_feeHistory', () => ({ baseFeePerGas: fees.map(hexOf) }));
  return nodes;
}

describe('the price of a transaction', () => {
  it('of a transfer is exact in gas, and outlives six full blocks', async () => {
    // 100 × (9/8)^6 = 202.7…
    expect(await quoteFee(arranged(21_000).execution, plan, CAP)).toEqual({
      gasLimit: 21_000n,
      maxFeePerGas: 206n,
      maxPriorityFeePerGas: 3n,
      worstCost: 4_326_000n,
    });
  });

  it('counts from the block to come, and never below what was asked lately', async () => {
    expect(await quoteFee(arranged(21_000, [90, 100, 112]).execution, plan, CAP)).toMatchObject({ maxFeePerGas: 231n });
    expect(await quoteFee(arranged(21_000, [900, 500, 100]).execution, plan, CAP)).toMatchObject({ maxFeePerGas: 903n });
  });

  it('pays for the base fee after any six blocks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 10 ** 9 }), async (base) => {
        const { maxFeePerGas, maxPriorityFeePerGas } = await quoteFee(arranged(21_000, [base], base).execution, plan, 10n ** 15n);
        let fee = BigInt(base);
        for (let block = 0; block < 6; block++) fee += fee / 8n > 1n ? fee / 8n : 1n;
        // a base fee of a few wei rises by whole wei
        expect(maxFeePerGas - maxPriorityFeePerGas + 6n).toBeGreaterThanOrEqual(fee);
      }),
      { numRuns: 30 },
    );
  });

  it('of a call has a fifth more gas', async () => {
    expect(await quoteFee(arranged(100_001).execution, { ...plan, data: '0x00' }, CAP)).toMatchObject({ gasLimit: 120_002n });
  });

  it('is not raised without end by what a node suggests', async () => {
    const nodes = arranged(21_000);
    nodes.method('eth_maxPriorityFeePerGas', () => hexOf(10n ** 18n));
    expect(await quoteFee(nodes.execution, plan, CAP)).toMatchObject({ maxPriorityFeePerGas: 50_000_000_000n });
  });

  it('over the cap is none: the transaction waits', async () => {
    await expect(quoteFee(arranged(21_000).execution, plan, 206n)).resolves.toMatchObject({ maxFeePerGas: 206n });
    await expect(quoteFee(arranged(21_000).execution, plan, 205n)).rejects.toMatchObject({ code: 'fee.over_cap', retryable: true });
  });

  it('is not given for what the chain would refuse', async () => {
    const nodes = arranged(0);
    nodes.method('eth_estimateGas', () => {
      throw new RpcRefusal('eth_estimateGas', 3, 'execution reverted');
    });
    await expect(quoteFee(nodes.execution, plan, CAP)).rejects.toMatchObject({ code: 'chain.execution_reverts', retryable: false });
  });
});

describe('a raised price', () => {
  const previous = { gasLimit: 21_000n, maxFeePerGas: 1_000n, maxPriorityFeePerGas: 8n, worstCost: amount(21_000_000n) };

  it('is an eighth higher in both parts', async () => {
    expect(await bumpFee(arranged(21_000).execution, plan, previous, CAP)).toEqual({
      gasLimit: 21_000n,
      maxFeePerGas: 1_125n,
      maxPriorityFeePerGas: 9n,
      worstCost: 23_625_000n,
    });
  });

  it('follows a base fee that ran away', async () => {
    expect(await bumpFee(arranged(21_000, [2_000], 2_000).execution, plan, previous, CAP)).toMatchObject({ maxFeePerGas: 4_058n });
  });

  it('is always taken by a pool, however small', async () => {
    await fc.assert(
      fc.asyncProperty(fc.bigInt(0n, 10n ** 9n), fc.bigInt(0n, 10n ** 9n), async (tip, more) => {
        const before = { ...previous, maxFeePerGas: tip + more, maxPriorityFeePerGas: tip };
        const after = await bumpFee(arranged(21_000).execution, plan, before, CAP);
        expect(after.maxFeePerGas * 10n).toBeGreaterThanOrEqual(before.maxFeePerGas * 11n);
        expect(after.maxPriorityFeePerGas * 10n).toBeGreaterThanOrEqual(tip * 11n);
        expect(after.maxPriorityFeePerGas).toBeGreaterThan(tip);
        expect(after.maxFeePerGas).toBeGreaterThanOrEqual(after.maxPriorityFeePerGas);
      }),
      { numRuns: 50 },
    );
  });

  it('stops at the cap', async () => {
    await expect(bumpFee(arranged(21_000).execution, plan, previous, 1_124n)).rejects.toMatchObject({ code: 'fee.over_cap' });
  });
});
