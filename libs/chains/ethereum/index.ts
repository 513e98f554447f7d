/** Ethereum: the adapter behind the chain port, and the pure parts (keys, deposits, transactions) that the signer stands on. */
export { createEthereum, type Ethereum, type EthereumOptions } from './create-ethereum.js';
export { type NetworkItem } from './node/describe-network.js';
export {
  CONSOLIDATION_REQUESTS,
  networkNames,
  profiles,
  WITHDRAWAL_REQUESTS,
  type NetworkIdentity,
  type NetworkName,
  type Profile,
} from './profiles.js';
export { type DepositHistory, type DepositScan } from './staking/deposit-history.js';
export { type DepositRoot } from './staking/deposit-root.js';
export { displayAddress, parseAddress } from './reader/parse-address.js';
export { decodeTransaction } from './writer/decode.js';
export { buildTransaction } from './writer/build.js';
export { signTransaction, type SignedTransaction } from './writer/sign.js';
export { addressOfCredentials, typeOfCredentials, withdrawalCredentials } from './deposit/credentials.js';
export { decodeDepositCall, encodeDepositCall } from './deposit/deposit-call.js';
export { signDeposit } from './deposit/sign-deposit.js';
export { verifyDeposit } from './deposit/verify-deposit.js';
export {
  decodeExitCall,
  decodeWithdrawalRequest,
  encodeExitCall,
  encodePartialWithdrawalCall,
  type WithdrawalRequest,
} from './requests/withdrawal-request.js';
export { decodeConsolidationCall, encodeConsolidationCall, type ConsolidationRequest } from './requests/consolidation-request.js';
export { accountPath, addressOfXpub, addressPath, HdTree, parseAddressPath, type AddressPath } from './keys/hd.js';
export { entropyOf, mnemonicOf, seedOf } from './keys/mnemonic.js';
export { deriveBlsKey, validatorKeyPath } from './keys/validator-key.js';
export { readKeystore, writeKeystore } from './keys/keystore.js';
export { fromGwei, toGwei } from './units.js';
export { connectEthereum, type EthereumConfig } from './connect-ethereum.js';
