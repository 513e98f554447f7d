import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { accept, type Clock, refuse, Refused, uuid5 } from '#kernel';
import { type Balance, businessBalances, businessDays, type BusinessLine, businessLines, trialBalanceAsOf } from '#ledger';
import type { Currency } from '#prices';
import { CLOCK } from '../tokens.js';
import { ContentWriter } from './content.js';
import { lotsOf, NO_LOTS } from './lots.js';
import { booksClosed, checkClosing, finished, MakingService, txFrom, type Wanted } from './making.service.js';
import { type Month, monthAfter, monthAt, monthOver } from './month.js';
import { chosenCurrencies, DEFAULT_CURRENCY } from './preferences.store.js';
import { runOf, saveRun, startRun, type StatementRun } from './runs.store.js';
import { balanceKey, type Balances, StatementBuilder } from './statement.js';
import {
  addParts,
  addStatements,
  carriedLots,
  clientsBefore,
  depositHashes,
  firstClientAt,
  knownStatements,
  type NewStatement,
  type StatementPart,
} from './statements.store.js';
import { tellReady } from './ready.store.js';
import type { MomentValuer } from './valuer.js';

/** Clients of one transaction. */
const PAGE = 250;
/** Beyond so many entries a month, a client is worked alone and in slices. */
const HEAVY = 5_000;

/** A client's statement of a month: one for ever, so its id is derived. */
export const monthlyId = (clientId: string, month: string): string => uuid5('statement', 'monthly', clientId, month);

/** Makes the statements of a month that is over and closed, a page of clients a transaction; goes on where it was stopped. */
@Injectable()
export class MonthlyService {
  constructor(
    @Inject(Transactor) private readonly transactor: Transactor,
    @Inject(MakingService) private readonly making: MakingService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** All months that can be made and are not, oldest first. */
  async makeDue(): Promise<void> {
    const first = await this.transactor.read(firstClientAt);
    if (!first) return;
    for (let month = monthAt(first); month.to <= this.clock.now(); month = monthAfter(month)) {
      const { run, closed } = await this.transactor.read(async (em) => ({
        run: await runOf(em, month.name),
        closed: await booksClosed(em, month.through),
      }));
      if (!closed) return;
      if (run === null || run.state === 'running') await this.makeMonthly(month.name);
    }
  }

  /**
   * Makes what is missing of a month; again it changes nothing. `pages` stops early, to go on later. Refusals: statement.month_unknown, .month_future,
   * .month_not_over, .month_open (the books are not closed).
   */
  async makeMonthly(name: string, pages = Number.MAX_SAFE_INTEGER): Promise<StatementRun> {
    const month = accept(monthOver(name, this.clock.now()));
    let run = await this.transactor.run(async (em) => {
      if (!(await booksClosed(em, month.through)))
        throw new Refused(refuse('statement.month_open', 'The books of this month are not closed yet.', { month: name }).refusal);
      return startRun(em, name, this.clock.now());
    });
    for (let page = 0; run.state === 'running' && page < pages; page++) run = await this.transactor.run((em) => this.step(em, month));
    return run;
  }

  private async step(em: EntityManager, month: Month): Promise<StatementRun> {
    const run = await runOf(em, month.name, 'lock');
    if (run?.state !== 'running') throw new Refused(refuse('statement.month_unknown', 'No run of this month is under way.').refusal);
    const clients = await clientsBefore(em, month.to, run.after, PAGE);
    const made = await this.page(em, month, clients);
    const totals = new Map(run.totals);
    for (const closing of made.closings) for (const [key, units] of closing) totals.set(key, (totals.get(key) ?? 0n) + units);
    const counted: StatementRun = {
      ...run,
      after: clients.at(-1) ?? run.after,
      clients: run.clients + clients.length,
      statements: run.statements + made.statements,
      totals,
    };
    const ended = clients.length < PAGE;
    const state = !ended ? 'running' : (await agrees(em, month, totals)) ? 'done' : 'differs';
    return saveRun(em, { ...counted, state }, this.clock.now());
  }

  private async page(em: EntityManager, month: Month, clients: string[]): Promise<{ statements: number; closings: Balances[] }> {
    if (clients.length === 0) return { statements: 0, closings: [] };
    const work = await this.read(em, month, clients);
    const valuers = await this.valuers(em, work);
    const [statements, parts, closings]: [NewStatement[], StatementPart[], Balances[]] = [[], [], []];
    const alone: Wanted[] = [];
    for (const clientId of clients) {
      const [openings, closing, lines] = [work.openings.get(clientId), work.closings.get(clientId), work.lines.get(clientId) ?? []];
      if (!closing || (!work.heavy.has(clientId) && lines.length === 0 && isZero(closing))) continue; // nothing to state
      if (work.made.has(monthlyId(clientId, month.name))) {
        closings.push(closing); // the client asked for it before
        continue;
      }
      const currency = work.currencies.get(clientId) ?? DEFAULT_CURRENCY;
      const wanted: Wanted = {
        id: monthlyId(clientId, month.name),
        clientId,
        kind: 'monthly',
        month: month.name,
        period: month,
        currency,
        provisional: false,
      };
      const carried = work.carried.get(clientId);
      const goesOn = carried !== undefined && carried.to.getTime() === month.from.getTime() && carried.currency === currency;
      if (work.heavy.has(clientId) || (!goesOn && openings && !isZero(openings))) {
        alone.push(wanted);
        continue;
      }
      const valuer = valuers.get(currency) ?? this.making.valuer(currency);
      const builder = new StatementBuilder(openings ?? new Map(), goesOn ? lotsOf(carried.lots) : NO_LOTS, valuer, txFrom(work.hashes));
      const writer = new ContentWriter();
      parts.push(...writer.write(builder.add(lines)).map((part) => ({ statementId: wanted.id, ...part })));
      checkClosing(clientId, builder.closing, closing);
      const { statement, part } = finished(wanted, builder, writer, this.clock.now());
      if (part) parts.push(part);
      statements.push(statement);
      closings.push(closing);
    }
    await addParts(em, parts);
    await addStatements(em, statements);
    for (const wanted of alone) closings.push(await this.making.makeIn(em, wanted));
    await tellReady(
      em,
      [...statements, ...alone].map((s) => ({ clientId: s.clientId, statementId: s.id, month: month.name })),
      this.clock.now(),
    );
    return { statements: closings.length, closings };
  }

  /** Of each currency that clients of the page have chosen: prices are read once a page. */
  private async valuers(
    em: EntityManager,
    work: { readonly lines: ReadonlyMap<string, BusinessLine[]>; readonly currencies: ReadonlyMap<string, Currency> },
  ): Promise<ReadonlyMap<Currency, MomentValuer>> {
    const moments = new Map<Currency, Date[]>();
    for (const [clientId, lines] of work.lines) {
      const currency = work.currencies.get(clientId) ?? DEFAULT_CURRENCY;
      const of = moments.get(currency) ?? [];
      for (const line of lines) of.push(line.effectiveAt);
      moments.set(currency, of);
    }
    const valuers = new Map<Currency, MomentValuer>();
    for (const [currency, wanted] of moments) {
      const valuer = this.making.valuer(currency);
      await valuer.cover(em, wanted);
      valuers.set(currency, valuer);
    }
    return valuers;
  }

  private async read(em: EntityManager, month: Month, clients: string[]) {
    const counts = new Map<string, number>();
    for (const { owner, lines } of await businessDays(em, clients, month)) counts.set(owner, (counts.get(owner) ?? 0) + lines);
    const heavy = new Set(clients.filter((client) => (counts.get(client) ?? 0) > HEAVY));
    const light = clients.filter((client) => !heavy.has(client));
    const lines = await businessLines(em, light, month);
    return {
      heavy,
      openings: byClient(await businessBalances(em, clients, month.from)),
      closings: byClient(await businessBalances(em, clients, month.to)),
      lines: byOwner(lines),
      carried: new Map((await carriedLots(em, clients, month.from)).map((c) => [c.clientId, c])),
      currencies: await chosenCurrencies(em, clients),
      made: await knownStatements(
        em,
        clients.map((client) => monthlyId(client, month.name)),
      ),
      hashes: await depositHashes(em, lines),
    };
  }
}

const isZero = (balances: Balances): boolean => [...balances.values()].every((units) => units === 0n);

function byClient(balances: readonly Balance[]): Map<string, Balances> {
  const found = new Map<string, Map<string, bigint>>();
  for (const { owner, kind, asset, balance } of balances) {
    const of = found.get(owner) ?? new Map<string, bigint>();
    of.set(balanceKey(kind, asset), balance);
    found.set(owner, of);
  }
  return found;
}

function byOwner(lines: readonly BusinessLine[]): Map<string, BusinessLine[]> {
  const found = new Map<string, BusinessLine[]>();
  for (const line of lines) {
    const of = found.get(line.owner);
    if (of) of.push(line);
    else found.set(line.owner, [line]);
  }
  return found;
}

/** Whether all statements together are what the trial balance says at the end of the month, account by account. */
async function agrees(em: EntityManager, month: Month, totals: Balances): Promise<boolean> {
  const lines = await trialBalanceAsOf(em, { effectiveAt: new Date(month.to.getTime() - 1) });
  const clients = new Map(
    lines.filter((line) => line.kind.startsWith('client.')).map((line) => [balanceKey(line.kind, line.asset), line.balance]),
  );
  return [...new Set([...clients.keys(), ...totals.keys()])].every((key) => (clients.get(key) ?? 0n) === (totals.get(key) ?? 0n));
}
