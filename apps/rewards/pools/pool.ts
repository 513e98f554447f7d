import { machine } from '#kernel';

export type PoolState = 'flowing' | 'held';
export type PoolEvent = 'hold' | 'release';

/** While a pool is held, each of its reports waits for approval, whatever it says. */
export const poolMachine = machine<PoolState, PoolEvent>({
  name: 'pool',
  initial: 'flowing',
  terminal: [],
  transitions: { flowing: { hold: 'held' }, held: { release: 'flowing' } },
});
