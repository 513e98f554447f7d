import { Fault } from '#kernel';
import { Answer } from './answer.js';
import { ask, NoReply, type Limits, type Reply } from './transport.js';

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

/**
 * JSON-RPC of an execution node. Throws Fault `chain.unreachable` when there is no answer, `chain.garbage` when it is not one of JSON-RPC
 * or one to another question, RpcRefusal when it is an error.
 */
export interface ExecutionNode {
  call(method: string, params: readonly unknown[]): Promise<Answer>;
}

/** All calls may be repeated, also that which sends a transaction. */
const TRIES = 3;
const PAUSE_MS = 100;

export function connectExecution(url: string, limits: Limits): ExecutionNode {
  let last = 0;
  const once = async (method: string, params: readonly unknown[]): Promise<Answer> => {
    const id = ++last;
    const reply = await ask(url, { jsonrpc: '2.0', id, method, params }, limits).catch((error: unknown) => {
      throw unreachable(method, error instanceof NoReply ? error.message : 'no answer', error);
    });
    return open(method, id, reply);
  };
  return {
    async call(method, params) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await once(method, params);
        } catch (error) {
          const passing = error instanceof Fault && error.code === 'chain.unreachable';
          if (!passing || attempt === TRIES) throw error;
          await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt));
        }
      }
    },
  };
}

function open(method: string, id: number, { status, text }: Reply): Answer {
  if (status >= 500 || status === 429) throw unreachable(method, `status ${status}`);
  const envelope = new Answer(method, parse(method, text));
  if (!envelope.field('jsonrpc').is('2.0')) throw envelope.field('jsonrpc').garbage('"2.0"');
  if (!envelope.field('id').is(id)) throw envelope.field('id').garbage(`the number of the question, ${id},`);
  const error = envelope.field('error');
  if (error.present) throw new RpcRefusal(method, error.field('code').integer(), error.field('message').text());
  if (status !== 200) throw garbage(method, `status ${status}`);
  if (!envelope.has('result')) throw envelope.garbage('a result or an error');
  return envelope.part('result', method);
}

function parse(method: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw garbage(method, 'something that is not JSON');
  }
}

const unreachable = (method: string, words: string, cause?: unknown): Fault =>
  new Fault('chain.unreachable', `The execution node did not answer ${method}: ${words}.`, true, { cause, facts: { method } });
const garbage = (method: string, what: string): Fault =>
  new Fault('chain.garbage', `The execution node answered ${method} with ${what}.`, true, { facts: { method } });
