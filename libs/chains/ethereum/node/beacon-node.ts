import { Fault } from '#kernel';
import { Answer } from './answer.js';

/**
 * The Beacon REST API. Faults: `chain.unreachable` (no answer, or a server's own failure), `chain.syncing` (the node says so, or its
 * answer rests on execution it has not verified), `chain.garbage` (not JSON, or a status that this call cannot have).
 */
export interface BeaconNode {
  get(path: string): Promise<Answer>;
  /** Null when the node answers 404: a missed slot, a block or validator that does not exist, a state it no longer keeps. */
  find(path: string): Promise<Answer | null>;
  post(path: string, body: unknown): Promise<Answer>;
}

export function connectBeacon(url: string, timeoutMs: number): BeaconNode {
  const base = url.replace(/\/+$/, '');

  async function send(path: string, body?: unknown): Promise<Answer | null> {
    const source = path.split('?')[0] ?? path;
    const response = await fetch(base + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? null : JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((cause: unknown) => {
      throw unreachable(source, 'no answer', cause);
    });
    const text = await response.text().catch((cause: unknown) => {
      throw unreachable(source, 'the answer broke off', cause);
    });
    if (response.status === 404) return null;
    if (response.status === 503) throw syncing(source);
    if (response.status >= 500 || response.status === 429) throw unreachable(source, `status ${response.status}`);
    if (response.status !== 200) throw garbage(source, `status ${response.status}`);
    const answer = new Answer(source, parse(source, text));
    const optimistic = answer.field('execution_optimistic');
    if (optimistic.present && optimistic.boolean()) throw syncing(source);
    return answer;
  }

  const expect = async (path: string, body?: unknown): Promise<Answer> => {
    const answer = await send(path, body);
    if (!answer) throw garbage(path, 'status 404');
    return answer;
  };
  return { get: (path) => expect(path), find: (path) => send(path), post: expect };
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
