/**
 * The JSON-RPC face in front of anvil: what a public node offers, and nothing that a public node does not. It adds what anvil cannot know:
 * `finalized` and `safe` by the beacon chain's checkpoints, and the withdrawals of each block. Reads wait while a slot is made.
 */
import { serve } from '../http.js';
import type { Face } from '../http.js';
import type { Chain } from './chain.js';
import { toHex, toQuantity } from './hex.js';
import type { Hex } from './hex.js';
import { PoolRefusal } from './waiting.js';
import type { PoolContent } from './waiting.js';

const ALLOWED = new Set(
  `eth_chainId eth_blockNumber eth_syncing eth_getBlockByNumber eth_getBlockByHash eth_getBlockReceipts eth_getBlockTransactionCountByNumber
  eth_getBlockTransactionCountByHash eth_getTransactionByHash eth_getTransactionReceipt eth_getTransactionByBlockNumberAndIndex
  eth_getTransactionByBlockHashAndIndex eth_getTransactionCount eth_getBalance eth_getCode eth_getStorageAt eth_getLogs eth_call
  eth_estimateGas eth_createAccessList eth_gasPrice eth_maxPriorityFeePerGas eth_feeHistory eth_sendRawTransaction net_version
  web3_clientVersion txpool_status txpool_content debug_traceTransaction`.split(/\s+/),
);
const BATCH_LIMIT = 1000;
const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;
/** What nodes answer when their pool does not take a transaction. */
const REFUSED = -32000;
/** EIP-2718 type of EIP-4844 transactions. */
const BLOB_TRANSACTION = '0x03';

interface Request {
  readonly jsonrpc: '2.0';
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}
type Answer = { readonly jsonrpc: '2.0'; readonly id: unknown } & ({ result?: unknown } | { error: { code: number; message: string } });

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const failure = (id: unknown, code: number, message: string): Answer => ({ jsonrpc: '2.0', id, error: { code, message } });

/** The request, or the error to answer it with. */
function parse(call: unknown): Request | Answer {
  if (!isObject(call) || typeof call['method'] !== 'string') return failure(null, INVALID_REQUEST, 'invalid request');
  const { id = null, method, params = [] } = call;
  if (!ALLOWED.has(method)) return failure(id, METHOD_NOT_FOUND, `the method ${method} does not exist/is not available`);
  if (!Array.isArray(params)) return failure(id, INVALID_PARAMS, 'params must be an array');
  if (method === 'eth_sendRawTransaction' && String(params[0]).toLowerCase().startsWith(BLOB_TRANSACTION)) {
    return failure(id, INVALID_PARAMS, 'blob transactions are not taken here');
  }
  return { jsonrpc: '2.0', id, method, params: params as unknown[] };
}

class ExecutionFace {
  constructor(private readonly chain: Chain) {}

  /** A parameter with `finalized` and `safe` replaced by block numbers; also inside a filter of eth_getLogs. */
  #resolve(param: unknown): unknown {
    if (param === 'finalized') return toQuantity(this.chain.finalised.executionNumber);
    if (param === 'safe') return toQuantity(this.chain.justified.executionNumber);
    if (!isObject(param) || !('fromBlock' in param || 'toBlock' in param)) return param;
    return Object.fromEntries(
      Object.entries(param).map(([key, value]) => [key, key === 'fromBlock' || key === 'toBlock' ? this.#resolve(value) : value]),
    );
  }

  #withWithdrawals(block: unknown): unknown {
    if (!isObject(block)) return block;
    const known = this.chain.blocks.byExecutionHash(String(block['hash']));
    if (!known || known.slot === 0) return block;
    const { parentRoot, body } = this.chain.blocks.content(known).message;
    const withdrawals = body.executionPayload.withdrawals.map((withdrawal) => ({
      index: toQuantity(withdrawal.index),
      validatorIndex: toQuantity(withdrawal.validatorIndex),
      address: toHex(withdrawal.address),
      amount: toQuantity(withdrawal.amount), // Gwei, as everywhere on this wire
    }));
    return { ...block, parentBeaconBlockRoot: toHex(parentRoot), withdrawals };
  }

  #syncing(): unknown {
    if (!this.chain.switches.syncing) return false;
    const current = this.chain.head.executionNumber;
    return { startingBlock: '0x0', currentBlock: toQuantity(current), highestBlock: toQuantity(current + 1000) };
  }

  async #one(call: unknown): Promise<Answer> {
    const request = parse(call);
    if (!('method' in request)) return request;
    if (request.method === 'eth_syncing') return { jsonrpc: '2.0', id: request.id, result: this.#syncing() };
    if (request.method === 'eth_sendRawTransaction') return this.#submit(request);
    const answer = (await this.chain.anvil.forward({
      ...request,
      id: request.id ?? 0, // without an id anvil would take it for a notification and not answer
      params: request.params.map((param) => this.#resolve(param)),
    })) as Answer;
    if ('result' in answer) answer.result = this.#complete(request, answer.result);
    return { ...answer, id: request.id };
  }

  /** Adds to an answer of anvil's what anvil does not know. */
  #complete({ method, params }: Request, result: unknown): unknown {
    const { waiting } = this.chain;
    if (method.startsWith('eth_getBlockBy')) return this.#withWithdrawals(result);
    if (waiting.size === 0) return result;
    if (method === 'eth_getTransactionByHash') return result ?? waiting.view(String(params[0]));
    if (method === 'eth_getTransactionCount' && params[1] === 'pending')
      return toQuantity(waiting.nonceAfter(String(params[0]), Number(result)));
    if (method === 'txpool_content') return waiting.content(result as PoolContent);
    if (method === 'txpool_status' && isObject(result)) return { ...result, pending: toQuantity(Number(result['pending']) + waiting.size) };
    return result;
  }

  async #submit({ id, params: [raw] }: Request): Promise<Answer> {
    if (typeof raw !== 'string' || !/^0x([0-9a-f]{2})+$/i.test(raw))
      return failure(id, INVALID_PARAMS, 'signed bytes in hexadecimal are needed');
    try {
      return { jsonrpc: '2.0', id, result: await this.chain.waiting.submit(raw.toLowerCase() as Hex) };
    } catch (error) {
      if (error instanceof PoolRefusal) return failure(id, REFUSED, error.message);
      throw error;
    }
  }

  answer(body: unknown): Promise<Answer | Answer[]> {
    return this.chain.gate.together(async () => {
      if (!Array.isArray(body)) return this.#one(body);
      if (body.length === 0 || body.length > BATCH_LIMIT)
        return failure(null, INVALID_REQUEST, `a batch holds 1 to ${BATCH_LIMIT} requests`);
      const answers: Answer[] = [];
      for (const call of body) answers.push(await this.#one(call)); // in order: a later one may build on an earlier one
      return answers;
    });
  }
}

export function serveExecution(chain: Chain, port: number): Promise<Face> {
  const face = new ExecutionFace(chain);
  const shape = (status: number, code: string, message: string): Answer =>
    failure(null, status === 500 ? INTERNAL_ERROR : code === 'localnet.malformed_json' ? PARSE_ERROR : INVALID_REQUEST, message);
  return serve(port, { 'POST /': ({ body }) => face.answer(body) }, shape, chain.report);
}
