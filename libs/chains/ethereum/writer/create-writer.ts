import type { ChainWriter } from '../../port.js';
import type { Network } from '../node/network.js';
import { broadcast } from './broadcast.js';
import { buildTransaction } from './build.js';
import { bumpFee } from './bump-fee.js';
import { decodeTransaction } from './decode.js';
import { finalisedNonce, nextNonce } from './nonces.js';
import { quoteFee } from './quote-fee.js';
import { readStatus } from './status.js';

export function createWriter(network: Network): ChainWriter {
  const { execution } = network;
  const cap = network.profile.maxFeePerGas;
  const verified = async <T>(act: () => Promise<T>): Promise<T> => {
    await network.facts();
    return act();
  };
  return {
    get chainId() {
      return network.identity().chainId;
    },
    quoteFee: (plan) => verified(() => quoteFee(execution, plan, cap)),
    bumpFee: (plan, previous) => verified(() => bumpFee(execution, plan, previous, cap)),
    nextNonce: (address) => verified(() => nextNonce(network, address)),
    finalisedNonce: (address) => verified(() => finalisedNonce(network, address)),
    build: (plan, nonce, fee) => buildTransaction(network.identity().chainId, plan, nonce, fee),
    decode: decodeTransaction,
    broadcast: (signed) => verified(() => broadcast(execution, signed)),
    status: (hash) => verified(() => readStatus(execution, hash)),
  };
}
