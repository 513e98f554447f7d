import { ByteVectorType, ContainerType, UintBigintType } from '@chainsafe/ssz';

/** SSZ containers of consensus-specs (phase0/beacon-chain.md) that a deposit is made of. Amounts are Gwei. */
const pubkey = new ByteVectorType(48);
const bytes32 = new ByteVectorType(32);
const gwei = new UintBigintType(8);

export const DepositMessage = new ContainerType({ pubkey, withdrawal_credentials: bytes32, amount: gwei });
export const DepositData = new ContainerType({
  pubkey,
  withdrawal_credentials: bytes32,
  amount: gwei,
  signature: new ByteVectorType(96),
});
const ForkData = new ContainerType({ current_version: new ByteVectorType(4), genesis_validators_root: bytes32 });
const SigningData = new ContainerType({ object_root: bytes32, domain: bytes32 });

const DOMAIN_DEPOSIT = Uint8Array.of(3, 0, 0, 0);

/** A deposit is valid on every fork: its domain takes the genesis fork version and no validators root (is_valid_deposit_signature). */
export function depositDomain(genesisForkVersion: Uint8Array): Uint8Array {
  const root = ForkData.hashTreeRoot({ current_version: genesisForkVersion, genesis_validators_root: new Uint8Array(32) });
  return Uint8Array.from([...DOMAIN_DEPOSIT, ...root.slice(0, 28)]);
}

export const signingRoot = (objectRoot: Uint8Array, domain: Uint8Array): Uint8Array =>
  SigningData.hashTreeRoot({ object_root: objectRoot, domain });
