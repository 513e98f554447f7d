/** Lies of an execution node: one JSON-RPC call at a time. */
import type { Nodes } from './nodes.js';
import type { Horizon, Told } from './told.js';

const OTHER_CHAIN = { eth_chainId: '0x1', net_version: '1' } as const;
const HEADS = new Set(['latest', 'pending', 'safe']);

export interface Call {
  readonly id?: unknown;
  readonly method: string;
  readonly params?: readonly unknown[];
}
type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const quantity = (value: number): string => `0x${value.toString(16)}`;

/** The block that a call asks at, by the place of the parameter; undefined where it names none. */
const BLOCK_AT: Readonly<Record<string, number>> = {
  eth_getBlockByNumber: 0,
  eth_getBlockReceipts: 0,
  eth_getBalance: 1,
  eth_getTransactionCount: 1,
  eth_getCode: 1,
  eth_call: 1,
};

/** The call with every name of the head, and of what is final beyond it, brought down to the horizon. */
async function lowered({ method, params = [], ...call }: Call, horizon: Horizon, nodes: Nodes): Promise<Call> {
  const at = BLOCK_AT[method];
  const named = at === undefined ? undefined : params[at];
  if (at === undefined || typeof named !== 'string') return { ...call, method, params };
  const final = named === 'finalized' ? await finalisedBy(horizon, nodes) : null;
  const block = final ?? (HEADS.has(named) ? horizon.block : null);
  return { ...call, method, params: block === null ? params : params.map((param, i) => (i === at ? quantity(block) : param)) };
}

async function finalisedBy(horizon: Horizon, nodes: Nodes): Promise<number> {
  const slot = await nodes.finalisedAt(horizon.slot);
  const { text } = await nodes.beacon(`/eth/v2/beacon/blocks/${slot}`);
  const block = JSON.parse(text) as { data: { message: { body: { execution_payload: Json } } } };
  return Number(block.data.message.body.execution_payload['block_number']);
}

/** Whatever is beyond the horizon is not there yet. */
function hidden(result: unknown, horizon: Horizon): unknown {
  if (!isObject(result)) return result;
  const number = result['blockNumber'] ?? result['number'];
  return typeof number === 'string' && Number(number) > horizon.block ? null : result;
}

export async function lieOfExecution(call: Call, told: Told, nodes: Nodes): Promise<unknown> {
  const { method } = call;
  const horizon = await told.horizon('execution', method);
  const asked = horizon ? await lowered(call, horizon, nodes) : call;
  const { text } = await nodes.execution(JSON.parse(told.asked(JSON.stringify(asked), 'execution', method)));
  const answer = JSON.parse(told.answered(text, 'execution', method)) as Json;
  if (!('result' in answer)) return answer;
  if (horizon) answer['result'] = method === 'eth_blockNumber' ? quantity(horizon.block) : hidden(answer['result'], horizon);
  if (told.has('network', 'execution', method) && method in OTHER_CHAIN) answer['result'] = OTHER_CHAIN[method as keyof typeof OTHER_CHAIN];
  const address = String(call.params?.[0]).toLowerCase();
  const balance = told.about('balance', 'execution', method).find(({ of }) => of.toLowerCase() === address);
  if (method === 'eth_getBalance' && balance) answer['result'] = `0x${BigInt(balance.amount).toString(16)}`;
  return answer;
}
