import { BaseError, createClient, http, RpcRequestError, rpcSchema } from 'viem';
import { Fault } from '#kernel';
import { Answer } from './answer.js';

/** The node understood the call and said no, in its own words. Where no caller knows what they mean it is the Fault `chain.refused`. */
export class RpcRefusal extends Fault {
  constructor(
    readonly method: string,
    readonly rpcCode: number,
    readonly words: string,
  ) {
    super('chain.refused', `The execution node refused ${method}: ${words} (${rpcCode})`, true, { facts: { method, rpcCode } });
  }
}

/** JSON-RPC of an execution node. Throws Fault `chain.unreachable` when there is no answer, RpcRefusal when the answer is an error. */
export interface ExecutionNode {
  call(method: string, params: readonly unknown[]): Promise<Answer>;
}

const schema = rpcSchema<[{ Method: string; Parameters: readonly unknown[]; ReturnType: unknown }]>();

export function connectExecution(url: string, timeoutMs: number): ExecutionNode {
  const client = createClient({ transport: http(url, { timeout: timeoutMs, retryCount: 2, retryDelay: 100 }), rpcSchema: schema });
  return {
    async call(method, params) {
      try {
        return new Answer(method, await client.request({ method, params }, { dedupe: false }));
      } catch (error) {
        throw explain(method, error);
      }
    },
  };
}

function explain(method: string, error: unknown): Error {
  const refused = error instanceof BaseError ? error.walk((cause) => cause instanceof RpcRequestError) : null;
  if (refused instanceof RpcRequestError) return new RpcRefusal(method, refused.code, refused.details);
  const words = error instanceof BaseError ? error.shortMessage : 'no answer';
  return new Fault('chain.unreachable', `The execution node did not answer ${method}: ${words}`, true, { cause: error, facts: { method } });
}
