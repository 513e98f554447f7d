import { setTimeout as pause } from 'node:timers/promises';
import { chainNow, control, type Outside } from './chain-side.js';

const LOOK_MS = 120;

/** Lets epochs pass on the chain, one at a time, until what is waited for has happened. Answers it and the epochs it took. */
export async function letTimePass<T>(
  outside: Outside,
  what: string,
  probe: () => Promise<T | null | undefined | false>,
  mostEpochs = 120,
): Promise<{ value: T; epochs: number }> {
  const began = (await chainNow(outside)).epoch;
  for (;;) {
    for (let look = 0; look < 3; look++) {
      const value = await probe();
      if (value !== null && value !== undefined && value !== false) return { value, epochs: (await chainNow(outside)).epoch - began };
      await pause(LOOK_MS);
    }
    if ((await chainNow(outside)).epoch - began > mostEpochs) throw new Error(`${mostEpochs} epochs passed in vain: ${what}`);
    await control(outside, 'advance', { epochs: 1 });
  }
}
