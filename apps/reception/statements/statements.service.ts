import { Inject, Injectable } from '@nestjs/common';
import { Transactor } from '#database';
import { named } from '#http';
import { accept, type Clock, invariant, ok, publicId, refuse, type Result, timestamp } from '#kernel';
import { entriesOfOwner, ownerBalances } from '#ledger';
import { CLOCK } from '../tokens.js';
import { type Period, type Statement, statementOf } from './statement.js';
import type { StatementView } from './statements.dto.js';

export interface MadeStatement {
  readonly statement: Statement;
  readonly period: Period;
  /** Where the period ends: as asked, or now. */
  readonly until: Date;
}

/** Refusal: statement.period_invalid. */
export function periodOf(from: string | undefined, to: string | undefined): Result<Period> {
  const period = { from: from === undefined ? null : new Date(from), to: to === undefined ? null : new Date(to) };
  const invalid = [period.from, period.to].some((at) => at !== null && Number.isNaN(at.getTime()));
  if (invalid) return refuse('statement.period_invalid', 'There is no such day or time.');
  if (period.from && period.to && period.from > period.to) return refuse('statement.period_invalid', 'The period ends before it begins.');
  return ok(period);
}

@Injectable()
export class StatementsService {
  constructor(
    @Inject(Transactor) private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Throws Refused, and InvariantBroken when the entries do not add up to what the ledger says now. */
  make(clientId: string, period: Period): Promise<MadeStatement> {
    return this.transactor.read(async (em) => {
      const statement = accept(await statementOf(entriesOfOwner(em, clientId), period));
      for (const { kind, asset: code, balance } of await ownerBalances(em, clientId)) {
        const summed = statement.current.get(`${kind} ${code}`) ?? 0n;
        invariant(summed === balance, 'statement.differs_from_ledger', {
          clientId,
          kind,
          asset: code,
          summed: String(summed),
          balance: String(balance),
        });
      }
      return { statement, period, until: period.to ?? this.clock.now() };
    });
  }
}

export const statementView = (clientId: string, { statement, period, until }: MadeStatement): StatementView => ({
  schema_version: 1,
  client_id: publicId('client', clientId),
  from: period.from ? timestamp(period.from) : null,
  to: timestamp(until),
  accounts: statement.accounts.map((a) => ({
    asset: a.asset,
    account: a.account,
    ...named('opening', a.asset, a.opening),
    ...named('change', a.asset, a.change),
    ...named('closing', a.asset, a.closing),
  })),
  lines: statement.lines.map((line) => ({
    at: timestamp(line.at),
    type: line.type,
    asset: line.asset,
    account: line.account,
    ...named('change', line.asset, line.change),
    ...named('balance', line.asset, line.balance),
    reference: line.reference,
    entry_id: line.entryId,
  })),
});
