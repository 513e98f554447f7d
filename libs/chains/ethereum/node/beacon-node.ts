import { Fault } from '#kernel';
import { Answer } from './answer.js';
import { ask, NoReply, type Limits } from './transport.js';

/**
 * The Beacon REST API. Faults: `chain.unreachable` (no answer, or a server's own failure), `chain.syncing` (the node says so, or its
 * answer rests on execution it has not verified), `chain.garbage` (not JSON, or a status that this call cannot have).
 */
export interface BeaconNode {
  get(path: string): Promise<Answer>;
  /** Null when the node answers 404: a missed slot, a block or validator that does not exist, a state it no longer keeps. */
  find(path: string, body?: unknown): Promise<Answer | null>;
  post(path: string, body: unknown): Promise<Answer>;
}

/** Answers about blocks and states say whether they are final and whether their execution was verified. */
const FLAGGED = /^\/eth\/v\d\/beacon\/(states|headers|blocks)\//;

export function connectBeacon(url: string, limits: Limits): BeaconNode {
  const base = url.replace(/\/+$/, '');

  async function send(path: string, body?: unknown): Promise<Answer | null> {
    const source = path.split('?')[0] ?? path;
    const { status, text } = await ask(base + path, body, limits).catch((error: unknown) => {
      throw unreachable(source, error instanceof NoReply ? error.message : 'no answer', error);
    });
    if (status === 404) return null;
    if (status === 503) throw syncing(source);
    if (status >= 500 || status === 429) throw unreachable(source, `status ${status}`);
    if (status !== 200) throw garbage(source, `status ${status}`);
    const answer = new Answer(source, parse(source, text));
    const optimistic = answer.field('execution_optimistic');
    if (FLAGGED.test(source)) answer.field('finalized').boolean();
    if ((FLAGGED.test(source) || optimistic.present) && optimistic.boolean()) throw syncing(source);
    return answer;
  }

  const expect = async (path: string, body?: unknown): Promise<Answer> => {
    const answer = await send(path, body);
    if (!answer) throw garbage(path, 'status 404');
    return answer;
  };
  return { get: (path) => expect(path), find: send, post: expect };
}

function parse(source: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw garbage(source, 'something that is not JSON');
  }
}

const unreachable = (source: string, what: string, cause?: unknown): Fault =>
  new Fault('chain.unreachable', `The beacon node did not answer ${source}: ${what}.`, true, { cause, facts: { source } });
const syncing = (source: string): Fault =>
  new Fault('chain.syncing', `The beacon node is not in step with the network (${source}).`, true, { facts: { source } });
const garbage = (source: string, what: string): Fault =>
  new Fault('chain.garbage', `The beacon node answered ${source} with ${what}.`, true, { facts: { source } });
