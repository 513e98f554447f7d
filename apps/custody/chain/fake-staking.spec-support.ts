import type { ChainBlock, Checkpoint, StakingAdapter, ValidatorView } from '#chains';
import { amount, ok, refuse } from '#kernel';
import { CONSOLIDATION_PREDEPLOY, DEPOSIT_CONTRACT, EXIT_FEE, EXIT_PREDEPLOY, type FakeState } from './fake-ledger-state.spec-support.js';

interface Point {
  readonly block: ChainBlock;
  readonly state: FakeState;
}
/** What the staking half of the port sees of the chain in memory. */
export interface SeenChain {
  tip(): Point;
  finalised(): Point;
  between(from: bigint, to: bigint): Point[];
  proposerOf(blockHash: string): string | null;
}

export const fakeStaking = (seen: SeenChain): StakingAdapter => ({
  network: () => Promise.resolve({ secondsPerSlot: 12, slotsPerEpoch: 8n, genesisForkVersion: '0x00000001', shardCommitteePeriod: 8n }),
  checkpoint: (): Promise<Checkpoint> => {
    const { block } = seen.finalised();
    return Promise.resolve({ epoch: block.number / 8n, slot: block.number, blockRoot: block.hash, block });
  },
  validators: (pubkeys, at) => {
    const { block, state } = at === 'head' ? seen.tip() : seen.finalised();
    return Promise.resolve({ slot: block.number, validators: pubkeys.map((p) => state.validators.get(p) ?? unknownValidator(p)) });
  },
  rewards: () => Promise.reject(new Error('fake chain: rewards are not custody business')),
  rewardsBySource: () => Promise.reject(new Error('fake chain: rewards are not custody business')),
  withdrawalCredentials: (address) => `0x01${'00'.repeat(11)}${address.slice(2)}`,
  verifyDeposit: (deposit) => (deposit.signature.startsWith('0xbad') ? refuse('deposit.bad_signature', 'Bad signature.') : ok(null)),
  guardFirstDeposit: () => Promise.resolve(null),
  guardTopUp: (pubkey) =>
    Promise.resolve(seen.tip().state.validators.has(pubkey) ? null : refuse('deposit.key_unknown', 'No such validator.').refusal),
  depositPlan: (from, deposit) => ({ from, to: DEPOSIT_CONTRACT, value: deposit.amount, data: deposit.pubkey }),
  exitPlan: (from, pubkey) => Promise.resolve(ok({ from, to: EXIT_PREDEPLOY, value: EXIT_FEE, data: pubkey })),
  partialWithdrawalPlan: (from, pubkey, units) =>
    Promise.resolve(ok({ from, to: EXIT_PREDEPLOY, value: EXIT_FEE, data: `${pubkey}${units.toString(16).padStart(16, '0')}` })),
  consolidationPlan: (from, source, target, ours) =>
    Promise.resolve(
      ours.has(target)
        ? ok({ from, to: CONSOLIDATION_PREDEPLOY, value: EXIT_FEE, data: `${source}${target.slice(2)}` })
        : refuse('consolidation.target_not_ours', 'Not ours.'),
    ),
  switchToCompoundingPlan: (from, pubkey) =>
    Promise.resolve(ok({ from, to: CONSOLIDATION_PREDEPLOY, value: EXIT_FEE, data: `${pubkey}${pubkey.slice(2)}` })),
  performance: () => Promise.resolve([]),
  slashingOutlook: () => Promise.resolve([]),
  executionRewards: (ours, fromBlock, toBlock) =>
    Promise.resolve(
      seen.between(fromBlock, toBlock).flatMap(({ block }) => {
        const proposerPubkey = seen.proposerOf(block.hash);
        if (proposerPubkey === null || !ours.pubkeys.has(proposerPubkey)) return [];
        const { number, feeRecipient: recipient } = block;
        const priorityFees = ours.addresses.has(recipient) ? block.priorityFees : amount(0n);
        return [{ blockNumber: number, slot: number, proposerPubkey, recipient, priorityFees, mev: amount(0n) }];
      }),
    ),
  partialWithdrawalEta: () => Promise.resolve({ p50Seconds: 0, p90Seconds: 0, basis: 'fake' }),
  entryEta: () => Promise.resolve({ p50Seconds: 0, p90Seconds: 0, basis: 'fake' }),
  exitEta: () => Promise.resolve({ p50Seconds: 0, p90Seconds: 0, basis: 'fake' }),
});

const unknownValidator = (pubkey: string): ValidatorView => ({
  pubkey,
  index: null,
  status: 'unknown',
  slashed: false,
  balance: amount(0n),
  withdrawalCredentials: null,
  activationEpoch: null,
  exitEpoch: null,
  withdrawableEpoch: null,
  queued: amount(0n),
  effectiveBalance: amount(0n),
  pendingPartials: amount(0n),
});
