import { keccak256, type Hex } from 'viem';
import { Fault, ok, refuse, type Result } from '#kernel';
import { RpcRefusal, type ExecutionNode } from '../node/execution-node.js';
import { decodeTransaction } from './decode.js';
import { readStatus } from './status.js';

// the words of geth, nethermind, besu, erigon, reth and anvil
const KNOWN =
  /already[ _]?known|already imported|known transaction|already exists|existing tx with same hash|already in (the )?(mem)?pool/i;
const NONCE_USED = /nonce (is )?too low|old ?nonce|nonce_too_low|nonce_expired/i;
const UNDERPRICED =
  /underpriced|fee too low|feetoolow|less than block base fee|max fee per gas less|below the minimum|below configured minimum|gas price too low|replacement ?not ?allowed|could not replace/i;
const POOR = /insufficient ?funds|insufficient balance|doesn't have enough funds|upfront cost exceeds/i;

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
    return classify(execution, signed, hash, error);
  }
}

async function classify(execution: ExecutionNode, signed: string, hash: string, refusal: RpcRefusal): Promise<Result<string>> {
  if (KNOWN.test(refusal.words)) return ok(hash);
  const facts = { transactionHash: hash, words: refusal.words.slice(0, 200) };
  if (NONCE_USED.test(refusal.words)) {
    // the nonce may have been used by this very transaction
    const status = await readStatus(execution, hash);
    if (status.state !== 'unknown') return ok(hash);
    if (await nonceIsUsed(execution, signed)) return refuse('transaction.nonce_used', 'Another transaction has used this nonce.', facts);
  }
  if (UNDERPRICED.test(refusal.words)) return refuse('transaction.underpriced', 'The fee is below what the network asks now.', facts);
  if (POOR.test(refusal.words)) return refuse('transaction.insufficient_funds', 'The address cannot pay for value and gas.', facts);
  throw new Fault('chain.broadcast_refused', `The execution node refused the transaction: ${refusal.words}`, true, {
    cause: refusal,
    facts,
  });
}

/** By the account itself: words about a nonce alone prove nothing. */
async function nonceIsUsed(execution: ExecutionNode, signed: string): Promise<boolean> {
  const decoded = decodeTransaction(signed);
  if (!decoded.ok || !decoded.value.from) return false;
  return (await execution.call('eth_getTransactionCount', [decoded.value.from, 'latest'])).quantity() > decoded.value.nonce;
}
