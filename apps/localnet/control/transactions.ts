/** Money, the pool, and how the next blocks are built. */
import type { Chain } from '../ethereum/chain.js';
import { BUILDER_ADDRESS, give } from '../ethereum/faucet.js';
import type { Hex } from '../ethereum/hex.js';
import { FaceError } from '../http.js';
import { addressOf, bodyOf, hexOf, weiOf, whole } from './fields.js';
import type { Command, Commands } from './fields.js';

const MAX_BLOCKS = 8000;

const drop = (chain: Chain): Command => ({
  body: '{hash}',
  does: 'takes it out of the pool',
  handle: async ({ body }) => {
    const hash = hexOf(bodyOf(body, ['hash'])['hash'], 'hash', 32);
    const held = chain.waiting.drop(hash);
    const dropped = held ? hash : await chain.gate.together(() => chain.anvil.call<Hex | null>('anvil_dropTransaction', hash));
    if (dropped === null) throw new FaceError(404, 'localnet.transaction_unknown', 'no such transaction waits in the pool');
    return { dropped };
  },
});

const fund = (chain: Chain): Command => ({
  body: '{address, wei}',
  does: 'a signed transfer from the faucet, in the next block',
  handle: async ({ body }) => {
    const fields = bodyOf(body, ['address', 'wei']);
    const [address, wei] = [addressOf(fields['address'], 'address'), weiOf(fields['wei'])];
    const grant = await chain.gate.alone(() => give(chain.anvil, chain.birth.chainId, address, wei));
    if (!grant) throw new FaceError(409, 'localnet.faucet_empty', 'the faucet does not hold so much');
    return grant;
  },
});

export const transactionCommands = (chain: Chain): Commands => ({
  fund: fund(chain),
  'drop-transaction': drop(chain),
  'base-fee': {
    body: '{wei, blocks}',
    does: 'the base fee of the next block, or the next so many; afterwards it falls an eighth a block. What pays less waits',
    handle: async ({ body }) => {
      const { wei, blocks } = bodyOf(body, ['wei', 'blocks']);
      const [fee, count] = [weiOf(wei), whole(blocks ?? 1, 'blocks', 1, MAX_BLOCKS)];
      await chain.gate.alone(() => chain.building.holdBaseFee(fee, count));
      return { wei: fee.toString(), blocks: count };
    },
  },
  builder: {
    body: '{wei, blocks}',
    does: 'a builder makes the next block, or the next so many: it gets the priority fees, and pays wei to the proposer, last in the block',
    handle: ({ body }) => {
      const { wei, blocks } = bodyOf(body, ['wei', 'blocks']);
      const [payment, count] = [weiOf(wei), whole(blocks ?? 1, 'blocks', 1, MAX_BLOCKS)];
      chain.building.hireBuilder(payment, count);
      return { builder: BUILDER_ADDRESS, wei: payment.toString(), blocks: count };
    },
  },
});
