import { refuse, type Refusal } from '#kernel';
import type { ValidatorKeyState } from './validator-key.js';

const GWEI_PER_ETH = 1_000_000_000n;
/** The contract refuses less than 1 ETH. More than 32 would not earn under credentials of type 0x01, more than 2048 under 0x02 (EIP-7251). */
const LEAST_GWEI = GWEI_PER_ETH;
const MOST_GWEI = { eth1: 32n * GWEI_PER_ETH, compounding: 2048n * GWEI_PER_ETH } as const;

/** What is asked, and what the signer knows by itself about it. */
export interface DepositDataFacts {
  readonly chain: string;
  readonly poolId: string;
  readonly amountGwei: bigint;
  readonly genesisForkVersion: string;
  readonly ownForkVersion: string;
  /** Null: neither type 0x01 nor 0x02. */
  readonly credentialsType: keyof typeof MOST_GWEI | null;
  /** The credentials pay out to one of our vaults. */
  readonly paysOwnVault: boolean;
  /** A key was named: what is known of it, or null when it is not ours. Undefined: the next key that was never used. */
  readonly key?: { readonly poolId: string; readonly state: ValidatorKeyState; readonly sameCredentials: boolean } | null;
}

/**
 * May the key sign this deposit message? Refusals: `deposit_data.unknown_chain`, `deposit_data.wrong_network`, `deposit_data.bad_amount`,
 * `deposit_data.foreign_credentials`, and for a named key `deposit_data.key_unknown`, `deposit_data.other_pool`,
 * `deposit_data.other_credentials`, `deposit_data.key_leaving`.
 */
export function refuseDepositData(facts: DepositDataFacts): Refusal | null {
  if (facts.chain !== 'ethereum') return say('unknown_chain', 'There are validator keys for ethereum only.');
  if (facts.genesisForkVersion !== facts.ownForkVersion)
    return say('wrong_network', 'The genesis fork version is not that of our network.');
  if (facts.credentialsType === null || !facts.paysOwnVault)
    return say('foreign_credentials', 'The withdrawal credentials are not those of a vault of ours.');
  if (facts.amountGwei < LEAST_GWEI || facts.amountGwei > MOST_GWEI[facts.credentialsType] || facts.amountGwei % GWEI_PER_ETH !== 0n)
    return say('bad_amount', 'A deposit message is for 1 to 32 whole ETH, or to 2048 under compounding credentials.');
  return facts.key === undefined ? null : refuseFurther(facts.key, facts.poolId);
}

/** The protocol keeps the credentials of a key's first deposit for ever: a message that names others would say what is not so. */
function refuseFurther(key: NonNullable<DepositDataFacts['key']> | null, poolId: string): Refusal | null {
  if (key === null) return say('key_unknown', 'The validator key is not one of ours.');
  if (key.poolId !== poolId) return say('other_pool', 'The validator key belongs to another pool.');
  if (!key.sameCredentials) return say('other_credentials', 'The credentials are not those of this key.');
  return key.state === 'leaving' ? say('key_leaving', 'The validator was asked to leave: nothing is added to it.') : null;
}

const say = (code: string, detail: string): Refusal => refuse(`deposit_data.${code}`, detail).refusal;
