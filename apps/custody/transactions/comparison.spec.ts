import { compareWithIntent, type DecodedFields, type ExpectedTransaction } from './comparison.js';

const from = `0x${'a1'.repeat(20)}`;
const to = `0x${'b2'.repeat(20)}`;
const hash = `0x${'c3'.repeat(32)}`;
const expected: ExpectedTransaction = { chainId: 1n, nonce: 7n, from, to, value: 5n, data: '0x1234', worstCost: 21_000n };
const unsigned: DecodedFields = { chainId: 1n, nonce: 7n, from: null, to, value: 5n, data: '0x1234', worstCost: 21_000n, hash: null };
const signed: DecodedFields = { ...unsigned, from, hash };

describe('comparison with the intent', () => {
  it('accepts what was intended, unsigned and signed, whatever the case of the hex', () => {
    expect(compareWithIntent(expected, unsigned, null).ok).toBe(true);
    expect(
      compareWithIntent(
        expected,
        { ...signed, to: to.toUpperCase().replace('0X', '0x'), from: from.toUpperCase().replace('0X', '0x') },
        { hash },
      ).ok,
    ).toBe(true);
  });

  const mutations: [string, Partial<DecodedFields>][] = [
    ['chainId', { chainId: 5n }],
    ['nonce', { nonce: 8n }],
    ['to', { to: from }],
    ['to', { to: null }],
    ['value', { value: 6n }],
    ['data', { data: '0x' }],
    ['worstCost', { worstCost: 21_001n }],
    ['from', { from: to }],
    ['from', { from: null }],
    ['hash', { hash: `0x${'00'.repeat(32)}` }],
    ['hash', { hash: null }],
  ];
  it.each(mutations)('refuses signed bytes whose %s differs: %o', (field, mutation) => {
    expect(compareWithIntent(expected, { ...signed, ...mutation }, { hash })).toMatchObject({
      ok: false,
      refusal: { code: 'transaction.differs_from_intent', facts: { fields: [field] } },
    });
  });

  it('refuses bytes that are already signed where unsigned ones are expected', () => {
    expect(compareWithIntent(expected, signed, null)).toMatchObject({ ok: false, refusal: { facts: { fields: ['from', 'hash'] } } });
  });
});
