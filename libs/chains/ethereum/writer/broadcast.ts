import { keccak256, type Hex } from 'viem';
import { Fault, ok, refuse, type Result } from '#kernel';
import { RpcRefusal, type ExecutionNode } from '../node/execution-node.js';
import { readStatus } from './status.js';

const KNOWN = /already known|alreadyknown|already imported|known transaction|already exists|already in (the )?(mem)?pool/i;
const NONCE_USED = /nonce too low|nonce is too low|invalid nonce|old nonce|oldnonce|nonce_expired/i;
const UNDERPRICED = /underpriced|fee too low|less than block base fee|feetoolow|max fee per gas less|below the minimum|gas price too low/i;
const POOR = /insufficient funds|insufficientfunds|insufficient balance|doesn't have enough funds/i;

/**
 * Sends signed bytes; sending them again is harmless. What a node refuses is said in words that differ by client, so they are
 * classified, and whatever is not understood stays a Fault: the caller does not know whether it was sent, and asks for its status.
 */
export async function broadcast(execution: ExecutionNode, signed: string): Promise<Result<string>> {
  const hash = keccak256(signed as Hex);
  try {
    const answer = await execution.call('eth_sendRawTransaction', [signed]);
    if (answer.hex(32) !== hash) throw answer.garbage(`the hash ${hash}`);
    return ok(hash);
  } catch (error) {
    if (!(error instanceof RpcRefusal)) throw error;
    return classify(execution, hash, error);
  }
}

async function classify(execution: ExecutionNode, hash: string, refusal: RpcRefusal): Promise<Result<string>> {
  if (KNOWN.test(refusal.words)) return ok(hash);
  const facts = { transactionHash: hash, words: refusal.words.slice(0, 200) };
  if (NONCE_USED.test(refusal.words)) {
    // the nonce may have been used by this very transaction
    const status = await readStatus(execution, hash);
    return status.state === 'unknown' ? refuse('transaction.nonce_used', 'Another transaction has used this nonce.', facts) : ok(hash);
  }
  if (UNDERPRICED.test(refusal.words)) return refuse('transaction.underpriced', 'The fee is below what the network asks now.', facts);
  if (POOR.test(refusal.words)) return refuse('transaction.insufficient_funds', 'The address cannot pay for value and gas.', facts);
  throw new Fault('chain.broadcast_refused', `The execution node refused the transaction: ${refusal.words}`, true, {
    cause: refusal,
    facts,
  });
}
