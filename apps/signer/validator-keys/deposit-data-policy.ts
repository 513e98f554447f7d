import { refuse, type Refusal } from '#kernel';

const GWEI_PER_ETH = 1_000_000_000n;
/** A deposit message is for 1 to 32 ETH: less is refused by the contract, more would not earn under credentials of type 0x01. */
const LEAST_GWEI = GWEI_PER_ETH;
const MOST_GWEI = 32n * GWEI_PER_ETH;

/** What is asked, and what the signer knows by itself about it. */
export interface DepositDataFacts {
  readonly chain: string;
  readonly amountGwei: bigint;
  readonly genesisForkVersion: string;
  readonly ownForkVersion: string;
  /** The credentials are of type 0x01 and pay out to one of our vaults. */
  readonly paysOwnVault: boolean;
}

/**
 * May the next validator key sign this deposit message? Refusals: `deposit_data.unknown_chain`, `deposit_data.wrong_network`,
 * `deposit_data.bad_amount`, `deposit_data.foreign_credentials`.
 */
export function refuseDepositData(facts: DepositDataFacts): Refusal | null {
  const say = (code: string, detail: string): Refusal => refuse(`deposit_data.${code}`, detail).refusal;
  if (facts.chain !== 'ethereum') return say('unknown_chain', 'There are validator keys for ethereum only.');
  if (facts.genesisForkVersion !== facts.ownForkVersion)
    return say('wrong_network', 'The genesis fork version is not that of our network.');
  if (facts.amountGwei < LEAST_GWEI || facts.amountGwei > MOST_GWEI || facts.amountGwei % GWEI_PER_ETH !== 0n) {
    return say('bad_amount', 'A deposit message is for 1 to 32 whole ETH.');
  }
  if (!facts.paysOwnVault) return say('foreign_credentials', 'The withdrawal credentials are not those of a vault of ours.');
  return null;
}
