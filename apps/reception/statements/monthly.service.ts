import { Inject, Injectable } from '@nestjs/common';
import { type EntityManager, QueryFailedError } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { accept, type Clock, Fault, InvariantBroken, publicId, refuse, Refused, uuid5 } from '#kernel';
import { type Balance, businessBalances, businessDays, type BusinessLine, businessLines, trialBalanceAsOf } from '#ledger';
import type { Currency } from '#prices';
import type { Logger } from '#runtime';
import { CLOCK, LOGGER } from '../tokens.js';
import { ContentWriter } from './content.js';
import { aside, type Failure, madeAfterAll, setAside } from './failures.store.js';
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

const SYSTEM = { kind: 'system', id: 'statements' } as const;

interface Made {
  readonly statements: number;
  readonly closings: readonly Balances[];
  readonly failed: readonly Failure[];
}

/** A client's statement of a month: one for ever, so its id is derived. */
export const monthlyId = (clientId: string, month: string): string => uuid5('statement', 'monthly', clientId, month);

/** Makes the statements of a month that is over and closed, a page of clients a transaction; goes on where it was stopped. */
@Injectable()
export class MonthlyService {
  constructor(
    @Inject(Transactor) private readonly transactor: Transactor,
    @Inject(MakingService) private readonly making: MakingService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly log: Pick<Logger, 'error'>,
  ) {}

  /** All months that can be made and are not, oldest first. A month that differs from the books holds up all later ones, until people have looked. */
  async makeDue(): Promise<void> {
    const first = await this.transactor.read(firstClientAt);
    if (!first) return;
    for (let month = monthAt(first); month.to <= this.clock.now(); month = monthAfter(month)) {
      const { run, closed } = await this.transactor.read(async (em) => ({
        run: await runOf(em, month.name),
        closed: await booksClosed(em, month.through),
      }));
      if (!closed) return;
      const now = run === null || run.state === 'running' || run.state === 'waiting' ? await this.makeMonthly(month.name) : run;
      if (now.state === 'differs') return;
    }
  }

  /**
   * Makes what is missing of a month; again it changes nothing. `pages` stops early, to go on later. A client whose statement cannot be made is set aside
   * and tried again later; the month is not done before. Refusals: statement.month_unknown, .month_future, .month_not_over, .month_open (the books are not closed).
   */
  async makeMonthly(name: string, pages = Number.MAX_SAFE_INTEGER): Promise<StatementRun> {
    const month = accept(monthOver(name, this.clock.now()));
    let run = await this.transactor.run(async (em) => {
      if (!(await booksClosed(em, month.through)))
        throw new Refused(refuse('statement.month_open', 'The books of this month are not closed yet.', { month: name }).refusal);
      return startRun(em, name, this.clock.now());
    });
    const again = run.state === 'waiting' ? await this.transactor.read((em) => aside(em, name, this.clock.now())) : [];
    for (let page = 0; run.state === 'running' && page < pages; page++) run = await this.stepped(month, null);
    for (const clientId of again) if (run.state === 'waiting') run = await this.stepped(month, clientId);
    return run;
  }

  /** A page of clients, or one who was set aside; alarms once it is kept. */
  private async stepped(month: Month, clientId: string | null): Promise<StatementRun> {
    const { run, failed } = await this.transactor.run((em) => this.step(em, month, clientId));
    for (const failure of failed)
      this.log.error(
        { alarm: true, month: month.name, ...failure },
        'the statement of a client cannot be made: it is set aside, the others go on',
      );
    if (run.state === 'differs')
      this.log.error(
        { alarm: true, month: month.name },
        'the statements of a month are not what the trial balance says: later months wait',
      );
    return run;
  }

  private async step(em: EntityManager, month: Month, again: string | null): Promise<{ run: StatementRun; failed: readonly Failure[] }> {
    const run = await runOf(em, month.name, 'lock');
    const wanted = again === null ? 'running' : 'waiting';
    if (run === null) throw new Refused(refuse('statement.month_unknown', 'No run of this month is under way.').refusal);
    if (run.state !== wanted) return { run, failed: [] };
    const clients = again === null ? await clientsBefore(em, month.to, run.after, PAGE) : [again];
    const made = await this.guarded(em, month, clients);
    const at = this.clock.now();
    await setAside(em, month.name, made.failed, at);
    for (const { clientId, code } of made.failed)
      await record(em, {
        actor: SYSTEM,
        action: 'statement.set_aside',
        resource: publicId('client', clientId),
        details: { month: month.name, code },
      });
    if (again !== null && made.failed.length === 0) await madeAfterAll(em, month.name, again, at);
    const totals = new Map(run.totals);
    for (const closing of made.closings) for (const [key, units] of closing) totals.set(key, (totals.get(key) ?? 0n) + units);
    const counted: StatementRun = { ...run, statements: run.statements + made.statements, totals };
    const next = again === null ? { ...counted, after: clients.at(-1) ?? run.after, clients: run.clients + clients.length } : counted;
    const state = again === null && clients.length === PAGE ? 'running' : await this.ending(em, month, totals);
    return { run: await saveRun(em, { ...next, state }, at), failed: made.failed };
  }

  private async ending(em: EntityManager, month: Month, totals: Balances): Promise<'waiting' | 'done' | 'differs'> {
    if ((await aside(em, month.name)).length > 0) return 'waiting';
    if (await agrees(em, month, totals)) return 'done';
    await record(em, { actor: SYSTEM, action: 'statement.differs', resource: month.name });
    return 'differs';
  }

  /** A page, or, where it cannot be made, its halves: in the end those clients alone stay behind whose statements cannot be made. */
  private async guarded(em: EntityManager, month: Month, clients: readonly string[]): Promise<Made> {
    await em.query('SAVEPOINT statements');
    try {
      const made = await this.page(em, month, clients);
      await em.query('RELEASE SAVEPOINT statements');
      return { ...made, failed: [] };
    } catch (error) {
      if (ofTheDatabase(error)) throw error;
      await em.query('ROLLBACK TO SAVEPOINT statements');
      await em.query('RELEASE SAVEPOINT statements');
      const [only] = clients;
      if (only === undefined) throw error;
      if (clients.length === 1) return { statements: 0, closings: [], failed: [{ clientId: only, ...reasonOf(error) }] };
      const middle = clients.length >> 1;
      const [left, right] = [await this.guarded(em, month, clients.slice(0, middle)), await this.guarded(em, month, clients.slice(middle))];
      return {
        statements: left.statements + right.statements,
        closings: [...left.closings, ...right.closings],
        failed: [...left.failed, ...right.failed],
      };
    }
  }

  private async page(em: EntityManager, month: Month, clients: readonly string[]): Promise<Omit<Made, 'failed'>> {
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

  private async read(em: EntityManager, month: Month, clients: readonly string[]) {
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

/** Connection, resources, shutdown, and what the transactor runs again: no client's fault. */
const ofTheDatabase = (error: unknown): boolean =>
  error instanceof QueryFailedError && /^(08|40|53|55P03|57P)/.test((error.driverError as { code?: string }).code ?? '08');

function reasonOf(error: unknown): Omit<Failure, 'clientId'> {
  const detail = (error instanceof Error ? error.message : String(error)).slice(0, 500);
  if (error instanceof InvariantBroken || error instanceof Fault) return { code: error.code, detail };
  if (error instanceof Refused) return { code: error.refusal.code, detail };
  return { code: error instanceof QueryFailedError ? 'statement.refused_by_database' : 'statement.not_made', detail };
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
