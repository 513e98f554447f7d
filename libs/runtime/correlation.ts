import { AsyncLocalStorage } from 'node:async_hooks';

/** One id from the request to the chain: logs, messages and audit rows of one cause carry it. */
const storage = new AsyncLocalStorage<string>();

export const currentCorrelation = (): string | undefined => storage.getStore();
export const withCorrelation = <T>(id: string, work: () => T): T => storage.run(id, work);
