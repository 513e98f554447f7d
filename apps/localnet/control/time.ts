/** Time, and what becomes of heads and finality. */
import type { Chain } from '../ethereum/chain.js';
import { SLOTS_PER_EPOCH } from '../ethereum/config.js';
import { bodyOf, flag, invalid, whole } from './fields.js';
import type { Command, Commands } from './fields.js';
import { statusOf } from './status.js';

const MAX_SLOTS = 8000;
const MAX_EPOCHS = 1000;
const MAX_DEPTH = 1000;
const MAX_PACE_MS = 3_600_000;

function advance(chain: Chain): Command {
  return {
    body: '{slots} or {epochs}',
    does: 'makes so many slots',
    handle: async ({ body }) => {
      const { slots, epochs } = bodyOf(body, ['slots', 'epochs']);
      if (slots !== undefined && epochs !== undefined) throw invalid('slots or epochs, not both');
      await chain.advance(
        epochs === undefined ? whole(slots ?? 1, 'slots', 1, MAX_SLOTS) : whole(epochs, 'epochs', 1, MAX_EPOCHS) * SLOTS_PER_EPOCH,
      );
      return statusOf(chain);
    },
  };
}

const toggle = (chain: Chain, name: 'stalled' | 'halted' | 'syncing', does: string): Command => ({
  body: `{${name}}`,
  does,
  handle: ({ body }) => {
    chain.switches[name] = flag(bodyOf(body, [name])[name], name, true);
    return statusOf(chain);
  },
});

export const timeCommands = (chain: Chain): Commands => ({
  advance: advance(chain),
  finalise: {
    body: '',
    does: 'makes slots until the present head is final',
    handle: async ({ body }) => {
      bodyOf(body, []);
      await chain.finalise();
      return statusOf(chain);
    },
  },
  pace: {
    body: '{ms}',
    does: 'a slot every so often; 0 on demand only',
    handle: ({ body }) => {
      chain.setPace(whole(bodyOf(body, ['ms'])['ms'], 'ms', 0, MAX_PACE_MS));
      return statusOf(chain);
    },
  },
  halt: toggle(chain, 'halted', 'heads do not move; advance is refused'),
  stall: toggle(chain, 'stalled', 'no genesis validator votes: the head moves, finality does not, after 4 epochs the leak begins'),
  syncing: toggle(chain, 'syncing', 'both faces say that they are syncing'),
  reorg: {
    body: '{depth, keep}',
    does: 'replaces the last slots on both sides; their transactions are gone, or back in the pool with keep. Never beneath the final block',
    handle: ({ body }) => {
      const { depth, keep } = bodyOf(body, ['depth', 'keep']);
      return chain.reorg(whole(depth, 'depth', 1, MAX_DEPTH), flag(keep, 'keep', false));
    },
  },
});
