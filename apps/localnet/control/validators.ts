/** What can befall validators, and whom their blocks pay. */
import type { Chain } from '../ethereum/chain.js';
import { doubleProposal, doubleVote } from '../ethereum/evidence.js';
import { isSlashable } from '../ethereum/operations.js';
import { FaceError } from '../http.js';
import { addressOf, bodyOf, flag, invalid, validatorOf, whole } from './fields.js';
import type { Commands } from './fields.js';

const MAX_SLOTS = 8000;

export const validatorCommands = (chain: Chain): Commands => ({
  slash: {
    body: '{index or pubkey, by}',
    does: 'evidence of two blocks (by: "proposal", the default) or of two votes (by: "vote") goes into the next block',
    handle: ({ body }) => {
      const fields = bodyOf(body, ['index', 'pubkey', 'by']);
      const index = validatorOf(chain, fields);
      const by = fields['by'] ?? 'proposal';
      if (by !== 'proposal' && by !== 'vote') throw invalid('by must be "proposal" or "vote"');
      const { headState, operations } = chain;
      if (!isSlashable(headState, index)) {
        throw new FaceError(409, 'localnet.not_slashable', 'the validator is slashed already, not active yet, or gone');
      }
      if (by === 'vote') operations.addDoubleVote(doubleVote(headState, [index]));
      else operations.addSlashing(doubleProposal(headState, index));
      return { index };
    },
  },
  offline: {
    body: '{index or pubkey, offline}',
    does: 'neither votes nor proposes: its slots are missed on both sides',
    handle: ({ body }) => {
      const fields = bodyOf(body, ['index', 'pubkey', 'offline']);
      const index = validatorOf(chain, fields);
      const { offline } = chain.switches;
      if (flag(fields['offline'], 'offline', true)) offline.add(index);
      else offline.delete(index);
      return { offline: [...offline] };
    },
  },
  miss: {
    body: '{index or pubkey, slots}',
    does: 'neither votes nor proposes for so many slots, then goes on by itself; 0: goes on now',
    handle: ({ body }) => {
      const fields = bodyOf(body, ['index', 'pubkey', 'slots']);
      const index = validatorOf(chain, fields);
      const slots = whole(fields['slots'], 'slots', 0, MAX_SLOTS);
      const until = chain.slot + slots;
      if (slots === 0) chain.switches.missing.delete(index);
      else chain.switches.missing.set(index, until);
      return { index, until: slots === 0 ? null : until };
    },
  },
  'fee-recipient': {
    body: '{index or pubkey, address}',
    does: 'whom its blocks pay their priority fees, or builders their payment (as POST /eth/v1/validator/prepare_beacon_proposer)',
    handle: ({ body }) => {
      const fields = bodyOf(body, ['index', 'pubkey', 'address']);
      const index = validatorOf(chain, fields);
      const address = addressOf(fields['address'], 'address');
      chain.building.feeRecipients.set(index, address);
      return { index, address };
    },
  },
});
