import type { ChainWriter } from '../../port.js';
import type { Network } from '../node/network.js';
import { broadcast } from './broadcast.js';
import { buildTransaction } from './build.js';
import { decodeTransaction } from './decode.js';
import { quoteFee } from './quote-fee.js';
import { readStatus } from './status.js';

export function createWriter(network: Network): ChainWriter {
  const { execution } = network;
  const verified = async <T>(act: () => Promise<T>): Promise<T> => {
    await network.facts();
    return act();
  };
  return {
    get chainId() {
      return network.identity().chainId;
    },
    quoteFee: (plan) => verified(() => quoteFee(execution, plan)),
    nextNonce: (address) => verified(async () => (await execution.call('eth_getTransactionCount', [address, 'latest'])).quantity()),
    build: (plan, nonce, fee) => buildTransaction(network.identity().chainId, plan, nonce, fee),
    decode: decodeTransaction,
    broadcast: (signed) => verified(() => broadcast(execution, signed)),
    status: (hash) => verified(() => readStatus(execution, hash)),
  };
}
