import { setTimeout as pause } from 'node:timers/promises';

/** Polls until `probe` answers something other than null, undefined or false, or throws what the last try threw. */
export async function eventually<T>(
  probe: () => Promise<T | null | undefined | false>,
  options: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + (options.timeoutMs ?? 45_000);
  let last: unknown = new Error('never became true');
  for (;;) {
    try {
      const value = await probe();
      if (value !== null && value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) throw last;
    await pause(options.everyMs ?? 20);
  }
}
