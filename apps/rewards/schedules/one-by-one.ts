import { Fault } from '#kernel';
import type { Logger } from '#runtime';

/**
 * Work on each of many things of which none may stop another. A Fault is trouble outside, and tried again at the next round; any other error is a
 * mistake of ours: it is told with an alarm, and the first one is thrown when everything else was done.
 */
export async function oneByOne<T extends object>(log: Logger, things: readonly T[], work: (thing: T) => Promise<unknown>): Promise<void> {
  const mistakes: unknown[] = [];
  for (const thing of things) {
    const of = 'id' in thing ? thing.id : null;
    try {
      await work(thing);
    } catch (error) {
      if (error instanceof Fault) {
        log.warn({ of, code: error.code }, 'something outside does not answer as it should; trying again');
        continue;
      }
      log.error({ alarm: true, of, err: error }, 'this failed, everything else of the round goes on');
      mistakes.push(error);
    }
  }
  if (mistakes.length > 0) throw mistakes[0];
}
