import { refuseReplacement, type SignedBefore } from './replacement-policy.js';
import type { Intent } from './signing-policy.js';

const intent: Intent = {
  chain: 'ethereum',
  purpose: 'withdrawal',
  from: '0x0a',
  to: '0xee',
  toPath: null,
  value: 5n,
  data: '0x',
  nonce: 4n,
  chainId: 1n,
  gasLimitCost: 120n,
};
const before: SignedBefore = {
  transactionId: 'transaction',
  purpose: 'withdrawal',
  chain: 'ethereum',
  from: '0x0a',
  to: '0xee',
  value: 5n,
  data: '0x',
  nonce: 4n,
  worstCost: 100n,
  replaced: false,
  count: 1,
};
const decide = (change: Partial<SignedBefore> | null, worstCost = 120n): string | null =>
  refuseReplacement(change && { ...before, ...change }, intent, { transactionId: 'transaction', worstCost }, { mostReplacements: 3 })
    ?.code ?? null;

describe('a replacement', () => {
  it('is signed for the same payment at a higher fee', () => {
    expect(decide({})).toBeNull();
  });

  it.each<[string, Partial<SignedBefore> | null, string]>([
    ['of what was never signed', null, 'signature.replaces_unknown'],
    ['of another transaction', { transactionId: 'other' }, 'signature.replaces_differs'],
    ['with another purpose', { purpose: 'sweep' }, 'signature.replaces_differs'],
    ['on another chain', { chain: 'other' }, 'signature.replaces_differs'],
    ['from another address', { from: '0x0b' }, 'signature.replaces_differs'],
    ['to another address', { to: '0xef' }, 'signature.replaces_differs'],
    ['of another value', { value: 4n }, 'signature.replaces_differs'],
    ['with other data', { data: '0x01' }, 'signature.replaces_differs'],
    ['under another nonce', { nonce: 5n }, 'signature.replaces_differs'],
    ['of what was replaced already', { replaced: true }, 'signature.nonce_conflict'],
    ['that was replaced often enough', { count: 4 }, 'signature.replacement_limit'],
  ])('%s is refused', (_name, change, code) => {
    expect(decide(change)).toBe(code);
  });

  it('at no higher fee is refused, whatever its intent says', () => {
    expect(decide({}, 100n)).toBe('signature.replacement_not_higher');
  });
});
