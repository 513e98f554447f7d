import { Inject, Injectable } from '@nestjs/common';
import type { Chain, ExecutionReward } from '#chains';
import { Transactor } from '#database';
import type { Clock } from '#kernel';
import type { Logger } from '#runtime';
import type { StakingConfig } from '../config.js';
import { livingOf } from '../exits/validators.store.js';
import { openIncident } from '../incidents/incidents.store.js';
import { PoolRow } from '../pools/pool.entity.js';
import { lockPool, poolOf } from '../pools/pools.store.js';
import { CLOCK, CONFIG, LOGGER } from '../tokens.js';
import { prepareProposers } from './operator-node.js';

const TIMEOUT_MS = 5_000;
/** Blocks looked at in one go. */
const STRIDE = 512n;

/** Sees to it that what our validators' blocks pay comes to their pool's vault, and looks at each block whether it did. */
@Injectable()
export class BlocksService {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Where the operator's node is ours to speak to; elsewhere its validator client is set up by the operator, and `check` tells if it is not. */
  async prepare(poolId: string): Promise<void> {
    const url = this.config.OPERATOR_BEACON_URL;
    if (url === undefined) return;
    const { vault, validators } = await this.known(poolId);
    if (vault === null || validators.length === 0) return;
    await prepareProposers(
      url,
      validators.map((v) => ({ index: v.index, recipient: vault })),
      TIMEOUT_MS,
    );
  }

  /** Every finalised block of ours, once: a fee recipient that is not the vault, with no payment to it either, is an incident. */
  async check(poolId: string, chain: Chain): Promise<void> {
    const { vault, validators, checkedBlock } = await this.known(poolId);
    if (vault === null || validators.length === 0) return;
    const { block } = await chain.staking.checkpoint();
    const from = checkedBlock === null ? block.number : checkedBlock + 1n;
    if (from > block.number) return;
    const to = block.number - from >= STRIDE ? from + STRIDE - 1n : block.number;
    const pubkeys = new Set(validators.map((v) => v.pubkey));
    const rewards = await chain.staking.executionRewards({ pubkeys, addresses: new Set([vault]) }, from, to);
    const astray = rewards.filter((r) => r.proposerPubkey !== null && pubkeys.has(r.proposerPubkey) && isAstray(r, vault));
    await this.transactor.run(async (em) => {
      const { row } = await lockPool(em, poolId);
      if (row.checkedBlock !== null && row.checkedBlock >= to) return;
      await em.update(PoolRow, { id: poolId }, { checkedBlock: to, version: row.version + 1 });
      for (const reward of astray) {
        const details = { pubkey: reward.proposerPubkey, recipient: reward.recipient, slot: reward.slot.toString() };
        const matter = { poolId, kind: 'proposal.foreign_fee_recipient', subject: reward.blockNumber.toString(), details } as const;
        if (await openIncident(em, matter, this.clock.now()))
          this.log.error({ alarm: true, ...details }, 'a block of one of our validators paid somebody else');
      }
    });
  }

  private known(poolId: string) {
    return this.transactor.read(async (em) => {
      const row = await poolOf(em, poolId);
      const validators = await livingOf(em, poolId);
      return { vault: row?.vaultAddress ?? null, checkedBlock: row?.checkedBlock ?? null, validators };
    });
  }
}

const isAstray = (reward: ExecutionReward, vault: string): boolean => reward.recipient.toLowerCase() !== vault && reward.mev === 0n;
