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
import { reconcile, type Evidence, type Findings } from './reconciliation.js';
import type { ReconciliationEntity } from './reconciliation.entity.js';
import { insertReconciliation, latestReconciliation, latestWhole, readBalances, readBooks, type Books } from './reconciliation.store.js';
import { reportOf } from './report.js';
import { FinderService } from '../unattributed/finder.service.js';
import { noteCompared, worthComparing } from '../wallets/wallets.store.js';

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
    private readonly finder: FinderService,
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

  /**
   * Every wallet when people ask or it is time; in between those that have moved. Fault reconciliation.no_common_height: books and chain
   * did not stand at one checkpoint in time.
   */
  async compare(chain: Chain, actor: Actor): Promise<ReconciliationEntity> {
    const whole = actor.kind === 'staff' || (await this.isTimeForAll(chain));
    let looked = await this.look(chain, whole);
    if (looked.findings.clearing.some((c) => c.account === 'trust.unattributed' && c.unexplained > 0n)) {
      await this.finder.takeOver(chain);
      looked = await this.look(chain, whole);
    }
    const surplus = looked.evidence.wallets.filter((w) => w.chain > w.ledger);
    if (surplus.length > 0 && (await this.finder.book(chain, looked.checkpoint.block, surplus)) > 0) looked = await this.look(chain, whole);
    return this.keep(chain, actor, whole, looked);
  }

  private async isTimeForAll(chain: Chain): Promise<boolean> {
    const last = await this.transactor.read((em) => latestWhole(em, chain.name));
    return last === null || this.clock.now().getTime() - last.createdAt.getTime() >= this.config.RECONCILE_WHOLE_EVERY_MS;
  }

  private async look(chain: Chain, whole: boolean): Promise<Looked> {
    const common = await this.commonHeight(chain);
    const worth = whole ? null : await this.transactor.read((em) => worthComparing(em, chain.name));
    const asked = common.books.wallets.filter((w) => worth === null || worth.has(w.walletId));
    const addresses = asked.map((w) => w.address);
    const balances = await readBalances(chain.reader, addresses, common.checkpoint.block.number);
    const evidence = evidenceOf(common, asked, balances);
    const findings = reconcile(evidence, BigInt(this.config.PLAUSIBLE_REWARD_BPS));
    return { checkpoint: common.checkpoint, evidence, findings };
  }

  private async keep(
    chain: Chain,
    actor: Actor,
    whole: boolean,
    { checkpoint, evidence, findings }: Looked,
  ): Promise<ReconciliationEntity> {
    const { block, slot } = checkpoint;
    const report = reportOf(chain.asset, evidence, findings, (address) => chain.reader.displayAddress(address));
    const state = findings.agreed ? 'agreed' : 'broken';
    const place = { chain: chain.name, blockNumber: block.number, blockHash: block.hash, slot };
    const requestedBy = `${actor.kind}:${actor.id}`;
    const row: ReconciliationEntity = { id: newUuid(), ...place, state, whole, report, requestedBy, createdAt: this.clock.now() };
    const equal = evidence.wallets.filter((w) => w.chain === w.ledger).map((w) => w.walletId);
    await this.transactor.run(async (em) => {
      await insertReconciliation(em, row);
      await noteCompared(em, equal, block.number);
      if (actor.kind === 'staff')
        await record(em, { actor, action: 'reconciliation.run', resource: publicId('report', row.id), details: { state } });
    });
    this.metrics.reconciliationDrift(chain.name, chain.asset, driftOf(findings));
    for (const { entity, asset, sum } of evidence.entities) this.metrics.ledgerImbalance(entity, asset, sum);
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

interface Looked {
  readonly checkpoint: Checkpoint;
  readonly evidence: Evidence;
  readonly findings: Findings;
}

/** Every wallet's difference without its sign, so that two never cancel out, and what else no item explains. */
function driftOf(findings: Findings): bigint {
  const size = (units: bigint): bigint => (units < 0n ? -units : units);
  const wallets = findings.items.filter((item) => item.kind === 'wallet');
  const atWallets = wallets.reduce((sum, item) => sum + item.amount, 0n);
  return wallets.reduce((sum, item) => sum + size(item.amount), 0n) + size(findings.unexplained - atWallets);
}

function evidenceOf({ books, validators }: Common, asked: Books['wallets'], balances: ReadonlyMap<string, bigint>): Evidence {
  const vaults = new Set(books.wallets.filter((w) => w.role === 'vault').map((w) => w.address));
  return {
    ...books.rest,
    pools: books.pools,
    unmoved: books.wallets.filter((w) => !asked.includes(w)).reduce((sum, w) => sum + w.ledger, 0n),
    wallets: asked.map((w) => ({ ...w, chain: balances.get(w.address) ?? 0n })),
    validators: books.validators.map((v, i) => {
      const view = validators[i];
      invariant(view?.pubkey === v.pubkey, 'chain.validators_out_of_order', { pubkey: v.pubkey });
      const { index, status, balance, queued, withdrawalCredentials } = view;
      const foreign = withdrawalCredentials !== null && !vaults.has(`0x${withdrawalCredentials.slice(-40)}`);
      return { ...v, index, status, balance, queued, foreign };
    }),
  };
}
