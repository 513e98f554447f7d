import { Inject, Injectable } from '@nestjs/common';
import { Transactor } from '#database';
import { Schedule } from '#delivery';
import type { Chain, TransactionStatus } from '#chains';
import { Fault, invariant, type Clock, type Result } from '#kernel';
import type { Logger } from '#runtime';
import { CHAINS, type Chains } from '../chain/chains.js';
import type { CustodyConfig } from '../config.js';
import { cursorOf } from '../follower/cursor.store.js';
import { CustodyMetrics } from '../status/metrics.js';
import { CLOCK, LOGGER } from '../tokens.js';
import { announce } from './announcer.js';
import type { AttemptEntity } from './attempt.entity.js';
import { attemptsOf } from './attempts.store.js';
import { needsPeople } from './replacement.js';
import { ReplacerService } from './replacer.service.js';
import { SupplantedService } from './supplanted.service.js';
import type { TransactionEvent } from './transaction.js';
import type { TransactionEntity } from './transaction.entity.js';
import { countIn, launched, lockTransaction, moveRow, noteAttempt } from './transactions.store.js';

/**
 * Brings signed bytes to the chain, the same bytes as often as needed: after a crash, when the node has forgotten them, when a reorg has
 * taken their block away. A time-out is unknown: the next run asks the chain. Only the follower says that one is final.
 */
@Injectable()
export class BroadcasterService {
  constructor(
    private readonly transactor: Transactor,
    private readonly replacer: ReplacerService,
    private readonly supplanted: SupplantedService,
    private readonly metrics: CustodyMetrics,
    @Inject(CHAINS) private readonly chains: Chains,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Schedule<CustodyConfig>({ name: 'broadcast-transactions', everyMs: (config) => config.TRANSACT_EVERY_MS })
  async run(): Promise<void> {
    for (const chain of this.chains.values()) {
      const { cursor, rows, attempts } = await this.transactor.read(async (em) => {
        const under = await launched(em, chain.name);
        return {
          cursor: await cursorOf(em, chain.name),
          rows: under,
          attempts: await attemptsOf(
            em,
            under.map((row) => row.id),
          ),
        };
      });
      this.metrics.stuckTransactions(chain.name, {
        waiting: rows.filter((row) => row.code !== null && needsPeople(row.code)).length,
        supplanted: await this.transactor.read((em) => countIn(em, chain.name, 'supplanted')),
      });
      // where the books have stopped nothing is sent; but that a nonce was taken by somebody else may be why, and people must know
      if (!cursor || (cursor.state !== 'following' && cursor.state !== 'stopped')) continue;
      for (const row of rows) {
        const of = { chain, row, attempts: attempts.get(row.id) ?? [], head: cursor.headNumber };
        await this.tryAttend(of, cursor.state === 'following'); // by address in order of nonces
      }
    }
  }

  /** One in trouble does not stop the others. */
  private async tryAttend(of: Launched, maySend: boolean): Promise<void> {
    try {
      if (maySend) await this.attend(of);
      else await this.supplanted.check(of.chain, of.row, of.attempts);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.logger.warn({ transactionId: of.row.id, code: error.code }, 'how a transaction stands is unknown; asking again');
    }
  }

  private async attend(of: Launched): Promise<void> {
    const { chain, row, attempts, head } = of;
    const youngest = attempts.findLast((attempt) => attempt.state === 'signed');
    invariant(youngest?.signed != null, 'transaction.not_signed', { id: row.id });
    const status = await statusOf(chain, attempts);
    const event = eventOf(row, status);
    if (status.state === 'included') return event ? this.move(row, event) : undefined;
    if (await this.supplanted.check(chain, row, attempts)) return;
    if (status.state === 'unknown') await this.send(chain, row, youngest.signed);
    else if (event) await this.move(row, event);
    if (row.state !== 'included') await this.replacer.consider(chain, row, attempts, head);
  }

  private async send(chain: Chain, row: TransactionEntity, signed: string): Promise<void> {
    const sent = await this.broadcast(chain, row, signed);
    if (sent === null) return;
    await this.transactor.run((em) => noteAttempt(em, row.id, sent.ok ? null : sent.refusal));
    if (!sent.ok)
      return this.logger.warn(
        { transactionId: row.id, code: sent.refusal.code, facts: sent.refusal.facts },
        'the node does not take a transaction',
      );
    if (row.state === 'signed') await this.move(row, 'broadcast');
    if (row.state === 'included') await this.move(row, 'displace');
  }

  /** Null: nobody knows whether it arrived. */
  private async broadcast(chain: Chain, row: TransactionEntity, signed: string): Promise<Result<string> | null> {
    try {
      return await chain.writer.broadcast(signed);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.logger.warn({ transactionId: row.id, code: error.code }, 'whether a transaction was taken is unknown');
      await this.transactor.run((em) =>
        noteAttempt(em, row.id, { code: error.code, detail: 'Whether the node took it is unknown; it will be asked.' }),
      );
      return null;
    }
  }

  private async move(seen: TransactionEntity, event: TransactionEvent): Promise<void> {
    await this.transactor.run(async (em) => {
      const row = await lockTransaction(em, seen.id);
      if (row === null || row.state !== seen.state) return; // the follower was faster
      const moved = await moveRow(em, row, event, {}, this.clock.now());
      await announce(em, moved, event, this.clock.now());
    });
  }
}

interface Launched {
  readonly chain: Chain;
  readonly row: TransactionEntity;
  readonly attempts: readonly AttemptEntity[];
  readonly head: bigint;
}

/** A block has taken any of the attempts; or the pool knows the youngest; or that one is unknown, whatever became of the older. */
async function statusOf(chain: Chain, attempts: readonly AttemptEntity[]): Promise<TransactionStatus> {
  let youngest: TransactionStatus | null = null;
  for (const { hash } of attempts.toReversed()) {
    if (hash === null) continue;
    const status = await chain.writer.status(hash);
    if (status.state === 'included') return status;
    youngest ??= status;
  }
  return youngest ?? { state: 'unknown' };
}

/** What the chain's answer means for a transaction in this state; null: as before. */
function eventOf(row: TransactionEntity, status: TransactionStatus): TransactionEvent | null {
  if (status.state === 'included') return row.state === 'included' ? null : 'include';
  return row.state === 'signed' ? 'broadcast' : row.state === 'included' ? 'displace' : null;
}
