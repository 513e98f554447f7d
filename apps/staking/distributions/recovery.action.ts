import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsOptional, IsUUID, Matches, ValidateNested } from 'class-validator';
import type { EntityManager } from 'typeorm';
import { amount, invariant, ok, refuse, subtract, type Amount, type Refusal, type Result } from '#kernel';
import { balanceOf, post, type AccountRef } from '#ledger';
import { lockCover } from '../losses/covers.store.js';
import { Loss } from '../losses/loss.entity.js';
import { lockLoss, lossById } from '../losses/losses.store.js';
import type { Why } from '../orders/order-moves.store.js';
import type { Move } from '../pools/moves.js';
import { causeOf, lockPool, poolOf, type Held } from '../pools/pools.store.js';
import { toPostings } from '../pools/postings.js';
import type { Product } from '../products/product.entity.js';
import { productOfPool } from '../products/products.store.js';
import { ProposalActions, type DryRun, type ProposalAction } from '../proposals/proposal-actions.service.js';
import type { Proposal } from '../proposals/proposal.entity.js';
import { recoverySources, type RecoverySource } from './distribution.js';
import { Distribution } from './distribution.entity.js';
import { insertDistribution, promisedOf, summaryOf, type Summary } from './distributions.store.js';

export class RecoverySourceTerms {
  @ApiProperty({ enum: recoverySources, description: "recovered: what stands in the pool's recovery account and is promised to nobody" })
  @IsIn(recoverySources)
  from!: RecoverySource;
  @ApiPropertyOptional({ description: 'operator_bond: whose' }) @IsOptional() @Matches(/^[a-z0-9][a-z0-9-]{0,63}$/) operator_id?: string;
  @ApiProperty({ description: 'base units' }) @Matches(/^[1-9]\d{0,37}$/) amount_atomic!: string;
}
export class RecoveryTerms {
  @ApiProperty({ format: 'uuid' }) @IsUUID() loss_id!: string;
  @ApiProperty({ type: [RecoverySourceTerms] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(20)
  @ValidateNested({ each: true })
  @Type(() => RecoverySourceTerms)
  sources!: RecoverySourceTerms[];
}

interface Plan {
  readonly loss: Loss;
  readonly summary: Summary;
}

/** Gives back of a loss what was recovered, or what covers are to bear after all, to those who held when it fell: those who left since, too. */
@Injectable()
export class RecoveryAction implements ProposalAction<RecoveryTerms>, OnModuleInit {
  readonly kind = 'recovery';
  readonly terms = RecoveryTerms;
  readonly ofPool = true;

  constructor(private readonly actions: ProposalActions) {}

  onModuleInit(): void {
    this.actions.register(this);
  }

  /** Refusals: recovery.loss_unknown, recovery.incomplete, recovery.more_than_lost, recovery.more_than_there_is. */
  async dryRun(em: EntityManager, terms: RecoveryTerms, poolId: string | null): Promise<Result<DryRun>> {
    const row = await poolOf(em, poolId ?? '');
    const product = await productOfPool(em, poolId ?? '');
    invariant(row !== null && product !== null, 'pool.unknown', { pool: poolId });
    const plan = await this.plan(em, { row, product }, terms, await lossById(em, terms.loss_id));
    return plan.ok ? ok(shown(plan.value)) : plan;
  }

  /** As `dryRun`, and recovery.changed where the lines are not those that were proposed. */
  async carryOut(em: EntityManager, terms: RecoveryTerms, proposal: Proposal, why: Why): Promise<Refusal | null> {
    const held = await lockPool(em, proposal.poolId ?? '');
    const locked = await lockLoss(em, terms.loss_id);
    await lockCover(em, held.product.chain);
    const plan = await this.plan(em, held, terms, locked);
    if (!plan.ok) return plan.refusal;
    const { loss, summary } = plan.value;
    if (Object.entries(shown(plan.value)).some(([name, value]) => lasting.has(name) && proposal.dryRun[name] !== value))
      return refuse('recovery.changed', 'The lines are not those that were proposed: propose it again.').refusal;
    const reimbursed = amount(loss.reimbursed + summary.total);
    await em.update(Loss, { id: loss.id }, { reimbursed, version: loss.version + 1 });
    await insertDistribution(em, distributionOf(proposal.id, held, terms, plan.value, why.at));
    return this.take(em, held, proposal.id, terms, why.at);
  }

  private async plan(em: EntityManager, held: Held, terms: RecoveryTerms, loss: Loss | null): Promise<Result<Plan>> {
    if (loss?.poolId !== held.row.id) return refuse('recovery.loss_unknown', 'There is no such loss of this pool.');
    const { sources } = terms;
    const names = sources.map((source) => `${source.from}/${source.operator_id ?? ''}`);
    if (new Set(names).size < names.length || sources.some((s) => (s.from === 'operator_bond') !== (s.operator_id !== undefined)))
      return refuse('recovery.incomplete', 'Name each source once, and the operator where it is a bond.');
    const total = sources.reduce((sum, source) => sum + BigInt(source.amount_atomic), 0n);
    const open = subtract(loss.ofClients, loss.reimbursed);
    if (total > open)
      return refuse('recovery.more_than_lost', 'Clients have not lost so much, or have been given it back.', {
        asked_atomic: total.toString(),
        open_atomic: open.toString(),
      });
    for (const source of sources) {
      const there = await this.there(em, held, source);
      if (BigInt(source.amount_atomic) > there) return tooLittle(source, there);
    }
    return ok({ loss, summary: await summaryOf(em, loss.id, amount(total)) });
  }

  private async there(em: EntityManager, { row, product }: Held, source: RecoverySourceTerms): Promise<Amount> {
    // promised first: what is paid in between then makes this look too small, never too large
    const promised = source.from === 'recovered' ? await promisedOf(em, row.id) : 0n;
    const balance = await balanceOf(em, accountOf(source, row.id, product));
    return amount(balance > promised ? balance - promised : 0n);
  }

  /** Custody may take back meanwhile what it gave to a cover by mistake: then nothing of this happens. */
  private async take(em: EntityManager, held: Held, id: string, terms: RecoveryTerms, at: Date): Promise<Refusal | null> {
    const taken = terms.sources.filter((source) => source.from !== 'recovered');
    const outcomes = await post(
      em,
      toPostings(
        taken.map((source) => moveOf(source, id)),
        causeOf(held, id, at),
      ),
    );
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'posted') continue;
      invariant(outcome.reason === 'insufficient', 'recovery.not_posted', { reason: outcome.reason });
      const source = taken[index];
      if (source) return tooLittle(source, null).refusal;
    }
    return null;
  }
}

function accountOf({ from, operator_id: operator = '' }: RecoverySourceTerms, poolId: string, { chain, asset }: Product): AccountRef {
  switch (from) {
    case 'operator_bond':
      return { kind: 'cover.operator_bond', owner: operator, asset };
    case 'cover_fund':
      return { kind: 'cover.fund', owner: chain, asset };
    case 'first_loss':
      return { kind: 'cover.first_loss', owner: chain, asset };
    case 'recovered':
      return { kind: 'pool.recovery', owner: poolId, asset };
  }
}

const tooLittle = ({ from, operator_id: operator }: RecoverySourceTerms, there: Amount | null): ReturnType<typeof refuse> =>
  refuse('recovery.more_than_there_is', 'A source does not hold so much.', {
    from,
    operator_id: operator ?? null,
    there_atomic: there?.toString() ?? null,
  });

/** What must still be so when it is decided. */
const lasting = new Set(['loss_id', 'clients', 'total_atomic', 'largest_line_atomic', 'lines_hash']);
const shown = ({ loss, summary }: Plan): DryRun => ({
  loss_id: loss.id,
  report: String(loss.reportNumber),
  lost_by_clients_atomic: loss.ofClients.toString(),
  given_back_before_atomic: loss.reimbursed.toString(),
  clients: String(summary.lines),
  total_atomic: summary.total.toString(),
  largest_line_atomic: summary.largest.toString(),
  lines_hash: summary.linesHash,
});

function moveOf({ from, operator_id: operator = '', amount_atomic: units }: RecoverySourceTerms, id: string): Move {
  if (from === 'operator_bond') return { kind: 'recovery.of_bond', operator, of: `${id}/${operator}`, amount: amount(BigInt(units)) };
  return { kind: from === 'cover_fund' ? 'recovery.of_fund' : 'recovery.of_first_loss', of: id, amount: amount(BigInt(units)) };
}

const distributionOf = (id: string, { row }: Held, terms: RecoveryTerms, { loss, summary }: Plan, at: Date): Distribution =>
  Object.assign(new Distribution(), {
    id,
    poolId: row.id,
    lossId: loss.id,
    state: 'posting',
    total: summary.total,
    lines: summary.lines,
    largest: summary.largest,
    linesHash: summary.linesHash,
    sources: terms.sources.map((source) => ({ ...source })),
    paid: amount(0n),
    createdAt: at,
    stateSince: at,
    version: 1,
  });
