import { describeMachine } from '#testing';
import { refuseDepositData, type DepositDataFacts } from './deposit-data-policy.js';
import { validatorKeyMachine } from './validator-key.js';

describeMachine(validatorKeyMachine);

const good: DepositDataFacts = {
  chain: 'ethereum',
  poolId: 'pool',
  credentialsType: 'eth1',
  amountGwei: 32_000_000_000n,
  genesisForkVersion: '0x10000031',
  ownForkVersion: '0x10000031',
  paysOwnVault: true,
};

const key = { poolId: 'pool', state: 'funded', sameCredentials: true } as const;

describe('a request for deposit data', () => {
  it('is granted when all is ours', () => {
    expect(refuseDepositData(good)).toBeNull();
    expect(refuseDepositData({ ...good, amountGwei: 1_000_000_000n })).toBeNull();
    expect(refuseDepositData({ ...good, credentialsType: 'compounding', amountGwei: 2_048_000_000_000n })).toBeNull();
    expect(refuseDepositData({ ...good, key, amountGwei: 31_000_000_000n })).toBeNull();
  });

  const cases: [string, Partial<DepositDataFacts>, string][] = [
    ['for another chain', { chain: 'solana' }, 'deposit_data.unknown_chain'],
    ['for another network', { genesisForkVersion: '0x00000000' }, 'deposit_data.wrong_network'],
    ['of nothing', { amountGwei: 0n }, 'deposit_data.bad_amount'],
    ['of less than 1 ETH', { amountGwei: 999_999_999n }, 'deposit_data.bad_amount'],
    ['of more than 32 ETH', { amountGwei: 33_000_000_000n }, 'deposit_data.bad_amount'],
    ['of a part of an ETH', { amountGwei: 31_999_999_999n }, 'deposit_data.bad_amount'],
    ['of more than 2048 ETH', { credentialsType: 'compounding', amountGwei: 2_049_000_000_000n }, 'deposit_data.bad_amount'],
    ['that pays out to a BLS key', { credentialsType: null }, 'deposit_data.foreign_credentials'],
    ['for a key of somebody else', { key: null }, 'deposit_data.key_unknown'],
    ['for a key of another pool', { key: { ...key, poolId: 'other' } }, 'deposit_data.other_pool'],
    ['for a key with other credentials', { key: { ...key, sameCredentials: false } }, 'deposit_data.other_credentials'],
    ['for a key that leaves', { key: { ...key, state: 'leaving' } }, 'deposit_data.key_leaving'],
    ['that pays out to somebody else', { paysOwnVault: false }, 'deposit_data.foreign_credentials'],
  ];
  it.each(cases)('%s is refused', (_name, change, code) => {
    expect(refuseDepositData({ ...good, ...change })).toMatchObject({ code });
  });
});
