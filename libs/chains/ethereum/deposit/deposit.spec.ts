import { amount } from '#kernel';
import type { SignedDeposit } from '../../port.js';
import { deriveBlsKey, validatorKeyPath } from '../keys/validator-key.js';
import { entropyOf, seedOf } from '../keys/mnemonic.js';
import { fromGwei } from '../units.js';
import { vectors } from '../vectors.spec-support.js';
import { fromBytes, toBytes } from '../hex.js';
import { DepositData, depositDomain } from './containers.js';
import { addressOfCredentials, typeOfCredentials, withdrawalCredentials } from './credentials.js';
import { decodeDepositCall, encodeDepositCall } from './deposit-call.js';
import { decodeDepositEvent } from './deposit-event.js';
import { signDeposit } from './sign-deposit.js';
import { verifyDeposit } from './verify-deposit.js';

const MAINNET = '0x00000000';
const HOODI = '0x10000910';
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const seed = new Uint8Array(32).fill(5);
const vault = '0x00000000000000000000000000000000000000aa';
const deposit = signDeposit(deriveBlsKey(seed, validatorKeyPath(0)), withdrawalCredentials(vault), fromGwei(32_000_000_000n), HOODI);
const other = signDeposit(deriveBlsKey(seed, validatorKeyPath(1)), withdrawalCredentials(vault), fromGwei(32_000_000_000n), HOODI);

describe('deposit domain', () => {
  // computed with the official deposit tool; see chains.md
  it.each([
    ['mainnet', '00000000', '03000000f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a9'],
    ['hoodi', '10000910', '03000000719103511efa4f1362ff2a50996cccf329cc84cb410c5e5c7d351d03'],
    ['holesky', '01017000', '030000005b83a23759c560b2d0c64576e1dcfc34ea94c4988f3e0d9f77f05387'],
  ])('of %s', (_name, version, domain) => {
    expect(hex(depositDomain(new Uint8Array(Buffer.from(version, 'hex'))))).toBe(domain);
  });
});

describe('credentials', () => {
  it('name an address, and are read back', () => {
    expect(withdrawalCredentials('0x00000000000000000000000000000000000000Aa')).toBe(`0x01${'00'.repeat(30)}aa`);
    expect(addressOfCredentials(withdrawalCredentials(vault))).toBe(vault);
    expect(addressOfCredentials(withdrawalCredentials(vault).replace('0x01', '0x02'))).toBe(vault);
  });

  it('say of what kind they are', () => {
    expect(typeOfCredentials(withdrawalCredentials(vault))).toBe('eth1');
    expect(withdrawalCredentials(vault, 'compounding')).toBe(withdrawalCredentials(vault).replace('0x01', '0x02'));
    expect(typeOfCredentials(withdrawalCredentials(vault, 'compounding'))).toBe('compounding');
    expect(typeOfCredentials(`0x00${'11'.repeat(31)}`)).toBeNull();
  });

  it.each(['0x00', '0x03', '0xb0'])('of type %s name none', (prefix) => {
    expect(addressOfCredentials(withdrawalCredentials(vault).replace('0x01', prefix))).toBeNull();
  });

  it('with anything in the padding name none', () => {
    expect(addressOfCredentials(`0x01${'00'.repeat(10)}01${'00'.repeat(20)}`)).toBeNull();
  });
});

describe('verifying a deposit', () => {
  it('accepts what the key signed', () => {
    expect(verifyDeposit(deposit, HOODI)).toEqual({ ok: true, value: null });
  });

  const cases: [string, Partial<SignedDeposit>, string][] = [
    ['another key', { pubkey: other.pubkey }, 'deposit.bad_root'],
    [
      'other credentials',
      { withdrawalCredentials: withdrawalCredentials('0x00000000000000000000000000000000000000bb') },
      'deposit.bad_root',
    ],
    ['another amount', { amount: fromGwei(31_000_000_000n) }, 'deposit.bad_root'],
    ['another root', { depositDataRoot: other.depositDataRoot }, 'deposit.bad_root'],
    ['another signature', { signature: other.signature }, 'deposit.bad_root'],
    ['BLS credentials', { withdrawalCredentials: `0x00${'11'.repeat(31)}` }, 'deposit.bad_credentials'],
    ['builder credentials', { withdrawalCredentials: withdrawalCredentials(vault).replace('0x01', '0xb0') }, 'deposit.bad_credentials'],
    ['less than 1 ETH', { amount: fromGwei(999_999_999n) }, 'deposit.bad_amount'],
    ['a part of a Gwei', { amount: amount(32_000_000_000_000_000_001n) }, 'deposit.bad_amount'],
    ['a short key', { pubkey: deposit.pubkey.slice(0, -2) }, 'deposit.malformed'],
    ['no hex', { signature: 'x' }, 'deposit.malformed'],
  ];
  it.each(cases)('refuses %s', (_name, change, code) => {
    expect(verifyDeposit({ ...deposit, ...change }, HOODI)).toMatchObject({ ok: false, refusal: { code } });
  });

  it('refuses a signature for another network', () => {
    expect(verifyDeposit(deposit, MAINNET)).toMatchObject({ ok: false, refusal: { code: 'deposit.bad_signature' } });
  });

  it('refuses a signature of another key under a right root', () => {
    const forged = signDepositWith(other.signature);
    expect(verifyDeposit(forged, HOODI)).toMatchObject({ ok: false, refusal: { code: 'deposit.bad_signature' } });
  });

  it('refuses bytes that are no point of the curve under a right root', () => {
    expect(verifyDeposit(signDepositWith(`0x${'ff'.repeat(96)}`), HOODI)).toMatchObject({
      ok: false,
      refusal: { code: 'deposit.bad_signature' },
    });
  });
});

describe('the call of the deposit contract', () => {
  it('is read back as it was written', () => {
    expect(encodeDepositCall(deposit).slice(0, 10)).toBe('0x22895118');
    expect(decodeDepositCall(encodeDepositCall(deposit), deposit.amount)).toEqual(deposit);
  });

  it.each([
    ['nothing', '0x'],
    ['another function', `0x12345678${encodeDepositCall(deposit).slice(10)}`],
    ['bytes behind it', `${encodeDepositCall(deposit)}00`],
    ['half of it', encodeDepositCall(deposit).slice(0, 200)],
  ])('is not %s', (_name, data) => {
    expect(decodeDepositCall(data, deposit.amount)).toBeNull();
  });

  it('leaves nothing in what is not an event', () => {
    expect(decodeDepositEvent('0x1234')).toBeNull();
  });
});

type Hexes = Record<'pubkey' | 'withdrawal_credentials' | 'signature' | 'deposit_data_root' | 'fork_version', string>;
interface Group {
  first_index: number;
  deposits: (Hexes & { amount: unknown })[];
}
const official = vectors('deposit_cli_lighthouse_mainnet_holesky.json') as { mnemonic: string; groups: Group[] } | null;
(official ? describe : describe.skip)('vectors of the official deposit tool', () => {
  it('derives the same keys and makes the same signatures and roots', () => {
    const entropy = entropyOf(official?.mnemonic ?? '');
    if (!entropy.ok) throw new Error(entropy.refusal.detail);
    const ours = seedOf(entropy.value);
    let compared = 0;
    for (const { first_index, deposits } of official?.groups ?? []) {
      for (const [offset, expected] of deposits.entries()) {
        const credentials = `0x${expected.withdrawal_credentials}`;
        const made = signDeposit(
          deriveBlsKey(ours, validatorKeyPath(first_index + offset)),
          credentials,
          fromGwei(BigInt(String(expected.amount))),
          `0x${expected.fork_version}`,
        );
        expect(made).toMatchObject({
          pubkey: `0x${expected.pubkey}`,
          signature: `0x${expected.signature}`,
          depositDataRoot: `0x${expected.deposit_data_root}`,
        });
        const verified = verifyDeposit(made, `0x${expected.fork_version}`);
        if (credentials.startsWith('0x01')) expect(verified.ok).toBe(true);
        else expect(verified).toMatchObject({ refusal: { code: 'deposit.bad_credentials' } });
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(10);
  });
});

/** The deposit with another signature and the root that belongs to it. */
function signDepositWith(signature: string): SignedDeposit {
  const root = DepositData.hashTreeRoot({
    pubkey: toBytes(deposit.pubkey),
    withdrawal_credentials: toBytes(deposit.withdrawalCredentials),
    amount: 32_000_000_000n,
    signature: toBytes(signature),
  });
  return { ...deposit, signature, depositDataRoot: fromBytes(root) };
}
