import type { Chain } from '../ethereum/chain.js';
import { epochOf } from '../ethereum/config.js';
import { BUILDER_ADDRESS, FAUCET_ADDRESS } from '../ethereum/faucet.js';
import { realness } from '../realness.js';

/** Where the chain is, and what was made to go wrong. */
export function statusOf(chain: Chain): Record<string, unknown> {
  const { head, finalised, headState, switches, building } = chain;
  return {
    slot: chain.slot,
    epoch: epochOf(chain.slot),
    headSlot: head.slot,
    headRoot: head.root,
    block: head.executionNumber,
    blockHash: head.executionHash,
    justifiedEpoch: headState.currentJustifiedCheckpoint.epoch,
    finalizedEpoch: chain.finalisedEpoch,
    finalizedSlot: finalised.slot,
    finalizedBlock: finalised.executionNumber,
    validators: headState.validators.length,
    pendingDeposits: headState.pendingDeposits.length,
    paceMs: chain.paceMs,
    stalled: switches.stalled,
    halted: switches.halted,
    syncing: switches.syncing,
    offline: [...switches.offline],
    missing: Object.fromEntries([...switches.missing].filter(([, until]) => until > chain.slot)),
    feeRecipients: Object.fromEntries(building.feeRecipients),
    asked: building.asked,
    waiting: chain.waiting.size,
    faucet: FAUCET_ADDRESS,
    builder: BUILDER_ADDRESS,
    memoryMb: Math.round(process.memoryUsage().rss / 1e6),
    processId: process.pid,
    anvilProcessGroup: chain.anvil.processGroup,
    note: realness,
  };
}
