import { Inject, Injectable } from '@nestjs/common';
import type { Chain } from '#chains';
import { Transactor } from '#database';
import type { Clock } from '#kernel';
import type { Logger } from '#runtime';
import type { StakingConfig } from '../config.js';
import { livingOf } from '../exits/validators.store.js';
import { allOperators } from '../operators/operators.store.js';
import { openIncident } from '../incidents/incidents.store.js';
import { PoolRow } from '../pools/pool.entity.js';
import { lockPool, poolOf } from '../pools/pools.store.js';
import { CLOCK, CONFIG, LOGGER } from '../tokens.js';
import { breachOf } from './policy.js';
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

  /** Every finalised block of ours, once: what its operator did not agree to is an incident of that operator. */
  async check(poolId: string, chain: Chain): Promise<void> {
    const { vault, validators, checkedBlock, policies } = await this.known(poolId);
    if (vault === null || validators.length === 0) return;
    const { block } = await chain.staking.checkpoint();
    const from = checkedBlock === null ? block.number : checkedBlock + 1n;
    if (from > block.number) return;
    const to = block.number - from >= STRIDE ? from + STRIDE - 1n : block.number;
    const operatorOf = new Map(validators.map((v) => [v.pubkey, v.operatorId]));
    const pubkeys = new Set(operatorOf.keys());
    const rewards = await chain.staking.executionRewards({ pubkeys, addresses: new Set([vault]) }, from, to);
    const breaches = rewards.flatMap((reward) => {
      if (reward.proposerPubkey === null || !pubkeys.has(reward.proposerPubkey)) return [];
      const operator = operatorOf.get(reward.proposerPubkey) ?? null;
      const kind = breachOf(reward, vault, policies.get(operator ?? ''));
      return kind === null ? [] : [{ kind, operator, reward }];
    });
    await this.transactor.run(async (em) => {
      const { row } = await lockPool(em, poolId);
      if (row.checkedBlock !== null && row.checkedBlock >= to) return;
      await em.update(PoolRow, { id: poolId }, { checkedBlock: to, version: row.version + 1 });
      for (const { kind, operator, reward } of breaches) {
        const { proposerPubkey: pubkey, recipient, builder = null, slot } = reward;
        const details = { pubkey, operator, recipient, builder, slot: slot.toString() };
        const matter = { poolId, kind, subject: reward.blockNumber.toString(), details };
        if (await openIncident(em, matter, this.clock.now()))
          this.log.error({ alarm: true, kind, ...details }, 'a block of one of our validators is not as its operator agreed');
      }
    });
  }

  private known(poolId: string) {
    return this.transactor.read(async (em) => {
      const row = await poolOf(em, poolId);
      const validators = await livingOf(em, poolId);
      const policies = new Map((await allOperators(em)).map((operator) => [operator.id, operator]));
      return { vault: row?.vaultAddress ?? null, checkedBlock: row?.checkedBlock ?? null, validators, policies };
    });
  }
}
