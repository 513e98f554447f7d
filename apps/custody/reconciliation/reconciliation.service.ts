import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { record, type Actor } from '#audit';
import type { Chain, Checkpoint, ValidatorView } from '#chains';
import { Transactor } from '#database';
import { Schedule } from '#delivery';
import { Fault, invariant, newUuid, publicId, type Clock } from '#kernel';
import type { Logger } from '#runtime';
import { CHAINS, type Chains } from '../chain/chains.js';
import type { CustodyConfig } from '../config.js';
import { cursorOf } from '../follower/cursor.store.js';
import { FollowerService } from '../follower/follower.service.js';
import { CustodyMetrics } from '../status/metrics.js';
import { CLOCK, CONFIG, LOGGER } from '../tokens.js';
import { reconcile, type Evidence } from './reconciliation.js';
import type { ReconciliationEntity } from './reconciliation.entity.js';
import { insertReconciliation, latestReconciliation, readBalances, readBooks, type Books } from './reconciliation.store.js';
import { reportOf } from './report.js';

interface Common {
  readonly checkpoint: Checkpoint;
  readonly books: Books;
  readonly validators: readonly ValidatorView[];
}

/** Compares what the ledger says we hold with what the chain says, at one finalised checkpoint, to the base unit. */
@Injectable()
export class ReconciliationService {
  constructor(
    private readonly transactor: Transactor,
    private readonly follower: FollowerService,
    private readonly metrics: CustodyMetrics,
    @Inject(CHAINS) private readonly chains: Chains,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: CustodyConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** A height that has been compared is not compared again; with the chain away there is nothing to compare. */
  @Schedule<CustodyConfig>({ name: 'reconcile', everyMs: (config) => config.RECONCILE_EVERY_MS })
  async run(): Promise<void> {
    for (const chain of this.chains.values()) {
      const [cursor, latest] = await this.transactor.read(async (em) => [
        await cursorOf(em, chain.name),
        await latestReconciliation(em, chain.name),
      ]);
      if (cursor?.state !== 'following' || (latest?.blockNumber === cursor.number && latest.state === 'agreed')) continue;
      await this.compare(chain, { kind: 'system', id: 'schedule' });
    }
  }

  /** Fault reconciliation.no_common_height: books and chain did not stand at one checkpoint in time. */
  async compare(chain: Chain, actor: Actor): Promise<ReconciliationEntity> {
    const common = await this.commonHeight(chain);
    const { block, slot } = common.checkpoint;
    const balances = await readBalances(
      chain.reader,
      common.books.wallets.map((w) => w.address),
      block.number,
    );
    const evidence = evidenceOf(common, balances);
    const findings = reconcile(evidence, BigInt(this.config.PLAUSIBLE_REWARD_BPS));
    const report = reportOf(chain.asset, evidence, findings, (address) => chain.reader.displayAddress(address));
    const state = findings.agreed ? 'agreed' : 'broken';
    const place = { chain: chain.name, blockNumber: block.number, blockHash: block.hash, slot };
    const row: ReconciliationEntity = {
      id: newUuid(),
      ...place,
      state,
      report,
      requestedBy: `${actor.kind}:${actor.id}`,
      createdAt: this.clock.now(),
    };
    await this.transactor.run(async (em) => {
      await insertReconciliation(em, row);
      if (actor.kind === 'staff')
        await record(em, { actor, action: 'reconciliation.run', resource: publicId('report', row.id), details: { state } });
    });
    this.metrics.reconciliationDrift(chain.name, chain.asset, findings.unexplained);
    if (!findings.agreed)
      this.logger.error(
        { chain: chain.name, block: String(block.number), unexplained: String(findings.unexplained) },
        'ALARM: ledger and chain do not agree',
      );
    return row;
  }

  /** The finalised checkpoint at which the follower stands, with the books of that very moment. */
  private async commonHeight(chain: Chain): Promise<Common> {
    const deadline = performance.now() + this.config.RECONCILE_WAIT_MS;
    for (;;) {
      const checkpoint = await chain.staking.checkpoint();
      const found = await this.booksAt(chain, checkpoint);
      if (found) {
        const { slot, validators } = await chain.staking.validators(
          found.validators.map((v) => v.pubkey),
          'finalised',
        );
        if (slot === checkpoint.slot) return { checkpoint, books: found, validators };
      }
      if (performance.now() >= deadline) {
        throw new Fault('reconciliation.no_common_height', 'Books and chain did not stand at one checkpoint in time.', true);
      }
      await this.follower.catchUpNow(chain);
      await pause(50);
    }
  }

  private booksAt(chain: Chain, { block }: Checkpoint): Promise<Books | null> {
    return this.transactor.read(async (em) => {
      const cursor = await cursorOf(em, chain.name);
      return cursor?.number === block.number && cursor.hash === block.hash ? readBooks(em, chain.name, chain.asset) : null;
    });
  }
}

function evidenceOf({ books, validators }: Common, balances: ReadonlyMap<string, bigint>): Evidence {
  return {
    ...books.rest,
    pools: books.pools,
    wallets: books.wallets.map((w) => ({ ...w, chain: balances.get(w.address) ?? 0n })),
    validators: books.validators.map((v, i) => {
      const view = validators[i];
      invariant(view?.pubkey === v.pubkey, 'chain.validators_out_of_order', { pubkey: v.pubkey });
      return { ...v, index: view.index, status: view.status, balance: view.balance, queued: view.queued };
    }),
  };
}
