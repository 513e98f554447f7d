import { Fault } from '#kernel';
import type { Network } from './network.js';

/** Between two looks at a second node that is behind. */
const PAUSE_MS = 500;
/** What a node says that has not come so far yet. */
const BEHIND = new Set(['chain.syncing', 'chain.state_missing', 'chain.behind']);

/**
 * Reads something final from the nodes and, where there is a second pair, from those too: both must say the same, to the last digit.
 * Faults: `chain.contradiction`, not retryable, when they do not; `chain.stalled` when the second is still behind after its patience.
 */
export async function agreed<T>(network: Network, what: string, read: (network: Network) => Promise<T>): Promise<T> {
  const { second } = network;
  if (!second) return read(network);
  const [mine, theirs] = await Promise.all([read(network), patiently(second.patienceMs, what, () => read(second.network))]);
  if (write(mine) !== write(theirs)) throw contradiction(what, mine, theirs);
  return mine;
}

/** The same for what is read otherwise: `check` asks the second and throws where it disagrees. */
export async function confirmed(network: Network, what: string, check: (second: Network) => Promise<void>): Promise<void> {
  const { second } = network;
  if (second) await patiently(second.patienceMs, what, () => check(second.network));
}

export function contradiction(what: string, mine: unknown, theirs: unknown): Fault {
  const words = `Two nodes say different things of ${what}, which is final. Nothing may be credited until people have looked.`;
  return new Fault('chain.contradiction', words, false, {
    facts: { what, first: write(mine).slice(0, 500), second: write(theirs).slice(0, 500) },
  });
}

async function patiently<T>(patienceMs: number, what: string, read: () => Promise<T>): Promise<T> {
  for (let waited = 0; ; waited += PAUSE_MS) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof Fault) || !BEHIND.has(error.code)) throw error;
      if (waited >= patienceMs) {
        throw new Fault('chain.stalled', `The second node is behind: it does not have ${what} after ${patienceMs} ms.`, true, {
          cause: error,
          facts: { what, patienceMs },
        });
      }
      await new Promise((resolve) => setTimeout(resolve, Math.min(PAUSE_MS, patienceMs)));
    }
  }
}

const write = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`;
    return part instanceof Map ? [...(part as Map<unknown, unknown>)] : part;
  });
