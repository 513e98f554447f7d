import type { Hex } from 'viem';
import { amount, ok, refuse, type Amount, type Result } from '#kernel';
import type { Network } from '../node/network.js';

const FEE_FRACTION = 17n;
const MIN_FEE = 1n;
/** Requests of one full block (16 taken, 2 are the target) by which the excess may have grown until ours is included. */
const ROOM = 14n;

/** factor × e^(numerator / denominator) in integers, as both EIP-7002 and EIP-7251 write it. */
export function fakeExponential(factor: bigint, numerator: bigint, denominator: bigint): bigint {
  let output = 0n;
  let term = factor * denominator;
  for (let i = 1n; term > 0n; i++) {
    output += term;
    term = (term * numerator) / (denominator * i);
  }
  return output / denominator;
}

/** Wei that one request costs while so many more than the target have been made. */
export const feeAtExcess = (excess: bigint): bigint => fakeExponential(MIN_FEE, excess, FEE_FRACTION);

/** The largest excess at which a request costs this much; null when none does (the answer was no fee). */
export function excessOf(fee: bigint): bigint | null {
  let [low, high] = [0n, 1n];
  while (feeAtExcess(high) <= fee) [low, high] = [high, high * 2n];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (feeAtExcess(middle) <= fee) low = middle;
    else high = middle;
  }
  return feeAtExcess(low) === fee ? low : null;
}

/**
 * What to send along with a request: the fee of the moment (the predeploy answers an empty call with it) and room for one full block of
 * requests before ours, because less than the fee reverts. What is paid too much is not returned, so above the profile's limit the
 * request waits: refusal `code`. Fault `chain.garbage` when the answer is no fee that the protocol could ask.
 */
export async function quoteRequestFee(network: Network, predeploy: Hex, code: string): Promise<Result<Amount>> {
  const answer = await network.execution.call('eth_call', [{ to: predeploy }, 'latest']);
  const fee = BigInt(answer.hex(32));
  const limit = network.profile.maxRequestFee;
  if (fee > limit) {
    return refuse(code, 'The queue of requests is congested: its fee is above our limit.', {
      fee: fee.toString(),
      limit: limit.toString(),
    });
  }
  const excess = excessOf(fee);
  if (excess === null) throw answer.garbage('a fee of the request queue');
  const withRoom = feeAtExcess(excess + ROOM);
  return ok(amount(withRoom < limit ? withRoom : limit));
}
