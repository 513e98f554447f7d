import fc from 'fast-check';
import { parseEther, serializeTransaction, type TransactionSerializable } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { amount } from '#kernel';
import { buildTransaction } from './build.js';
import { decodeTransaction } from './decode.js';
import { signTransaction } from './sign.js';

const key = new Uint8Array(32).fill(9);
const account = privateKeyToAccount(`0x${'09'.repeat(32)}`);
const plan = { from: account.address.toLowerCase(), to: `0x${'ab'.repeat(20)}`, value: amount(parseEther('1.5')), data: '0x' };
const fee = { gasLimit: 21_000n, maxFeePerGas: 30n, maxPriorityFeePerGas: 2n, worstCost: amount(630_000n) };
const unsigned = buildTransaction(1n, plan, 7n, fee);

const hexData = fc.uint8Array({ maxLength: 64 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`);
const plans = fc.record({
  chainId: fc.bigInt(1n, 2n ** 40n),
  nonce: fc.bigInt(0n, 2n ** 32n),
  value: fc.bigInt(0n, 10n ** 30n).map(amount),
  data: hexData,
  gasLimit: fc.bigInt(21_000n, 30_000_000n),
  maxFeePerGas: fc.bigInt(2n, 10n ** 12n),
});

describe('transactions', () => {
  it('decode to what they were built from', () => {
    fc.assert(
      fc.property(plans, ({ chainId, nonce, value, data, gasLimit, maxFeePerGas }) => {
        const quote = { gasLimit, maxFeePerGas, maxPriorityFeePerGas: 1n, worstCost: amount(gasLimit * maxFeePerGas) };
        const built = buildTransaction(chainId, { ...plan, value, data }, nonce, quote);
        const expected = { chainId, nonce, to: plan.to, value, data, worstCost: quote.worstCost };
        expect(decodeTransaction(built)).toEqual({ ok: true, value: { ...expected, from: null, hash: null } });
        const signed = signTransaction(built, key);
        if (!signed.ok) throw new Error(signed.refusal.detail);
        expect(decodeTransaction(signed.value.signed)).toEqual({
          ok: true,
          value: { ...expected, from: plan.from, hash: signed.value.hash },
        });
      }),
      { numRuns: 30 },
    );
  });

  it('are signed as another implementation signs them, and always the same', async () => {
    const transaction = {
      type: 'eip1559' as const,
      chainId: 1,
      nonce: 7,
      to: plan.to as `0x${string}`,
      value: plan.value,
      gas: 21_000n,
      maxFeePerGas: 30n,
      maxPriorityFeePerGas: 2n,
    };
    const theirs = await account.signTransaction(transaction);
    expect(signTransaction(unsigned, key)).toMatchObject({ ok: true, value: { signed: theirs } });
    expect(signTransaction(unsigned, key)).toEqual(signTransaction(unsigned, key));
  });

  it('are not signed twice', () => {
    const once = signTransaction(unsigned, key);
    expect(once.ok && signTransaction(once.value.signed, key)).toMatchObject({
      ok: false,
      refusal: { code: 'transaction.already_signed' },
    });
  });

  it('are never lengthened, shortened or changed without notice', () => {
    const once = signTransaction(unsigned, key);
    const good = once.ok ? once.value.signed : '0x';
    fc.assert(
      fc.property(fc.nat(good.length - 5), fc.integer({ min: 1, max: 15 }), (at, by) => {
        const place = at + 4;
        const digit = ((Number.parseInt(good.charAt(place), 16) + by) % 16).toString(16);
        const read = decodeTransaction(good.slice(0, place) + digit + good.slice(place + 1));
        expect(read.ok && read.value.from === plan.from && read.value.hash === (once.ok && once.value.hash)).toBe(false);
      }),
    );
    for (const bytes of [`${good}00`, good.slice(0, -2), good.slice(0, -1)]) {
      expect(decodeTransaction(bytes)).toMatchObject({ ok: false, refusal: { code: 'transaction.undecodable' } });
    }
  });

  const foreign: [string, TransactionSerializable][] = [
    ['a legacy transaction', { type: 'legacy', chainId: 1, to: account.address, gasPrice: 1n, gas: 21_000n }],
    ['an access list type', { type: 'eip2930', chainId: 1, to: account.address, gasPrice: 1n, gas: 21_000n }],
    [
      'an access list',
      { type: 'eip1559', chainId: 1, to: account.address, gas: 21_000n, accessList: [{ address: account.address, storageKeys: [] }] },
    ],
  ];
  it.each(foreign)('are refused with %s', (_name, transaction) => {
    expect(decodeTransaction(serializeTransaction(transaction))).toMatchObject({ ok: false, refusal: { code: 'transaction.undecodable' } });
  });

  it.each(['', '0x', '0x02', '0x02c0', 'nonsense', `0x02${'ff'.repeat(100)}`, unsigned.toUpperCase()])('are not %j', (bytes) => {
    expect(decodeTransaction(bytes)).toMatchObject({ ok: false, refusal: { code: 'transaction.undecodable' } });
  });

  it('are refused with a signature in its high form', () => {
    const once = signTransaction(unsigned, key);
    const read = once.ok ? once.value.signed : '0x';
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const low = BigInt(`0x${read.slice(-64)}`);
    const high = (order - low).toString(16).padStart(64, '0');
    // the recovery bit turns with it, so the sender would be the same
    const at = read.length - 64 - 2 - 64 - 2 - 2;
    const bit = read.slice(at, at + 2) === '80' ? '01' : '80';
    expect(decodeTransaction(read.slice(0, at) + bit + read.slice(at + 2, -64) + high)).toMatchObject({
      ok: false,
      refusal: { code: 'transaction.undecodable' },
    });
  });
});
