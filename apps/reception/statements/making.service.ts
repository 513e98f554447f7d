import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { type Clock, invariant, publicId, refuse, Refused } from '#kernel';
import { businessBalances, type BusinessLine, businessLines, type BusinessPeriod, businessSlices, closedPeriods } from '#ledger';
import type { Currency } from '#prices';
import type { ReceptionConfig } from '../config.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { ContentWriter, SCHEMA_VERSION } from './content.js';
import { type LotState, lotsOf, NO_LOTS, wireLots } from './lots.js';
import type { Period } from './month.js';
import { balanceKey, type Balances, StatementBuilder } from './statement.js';
import {
  addParts,
  addStatements,
  carriedLots,
  depositHashes,
  knownStatements,
  type NewStatement,
  type StatementKind,
} from './statements.store.js';
import { MomentValuer } from './valuer.js';

/** Entries read at once. */
const SLICE = 5_000;
/** Before all clients. */
const BEGINNING = new Date(Date.UTC(2015, 0));
export const MOST_LINES = 1_000_000n;

export interface Wanted {
  readonly id: string;
  readonly clientId: string;
  readonly kind: StatementKind;
  readonly month: string | null;
  readonly period: Period;
  readonly currency: Currency;
  readonly provisional: boolean;
}

/** Makes a statement from the ledger and keeps it. Memory is bounded by a slice of entries, whatever the length. */
@Injectable()
export class MakingService {
  constructor(
    @Inject(Transactor) private readonly transactor: Transactor,
    @Inject(CONFIG) private readonly config: ReceptionConfig,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** One consistent reading of the ledger. Making one with an id that is there already changes nothing. Refusal: statement.too_long. */
  async make(wanted: Wanted): Promise<void> {
    await this.transactor.run(async (em) => {
      await em.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await em.query("SET LOCAL statement_timeout = '5min'");
      if ((await knownStatements(em, [wanted.id])).size > 0) return;
      await this.makeIn(em, wanted);
    });
  }

  /** As make(), in the caller's transaction, which must read one snapshot or a closed period. */
  async makeIn(em: EntityManager, wanted: Wanted): Promise<Balances> {
    const { clientId, period } = wanted;
    const from = period.from ?? BEGINNING;
    const openings = period.from ? await this.balances(em, clientId, from) : new Map<string, bigint>();
    const lots = period.from ? await this.lotsAt(em, clientId, from, wanted.currency) : NO_LOTS;
    const valuer = this.valuer(wanted.currency);
    const hashes = new Map<string, string>();
    const builder = new StatementBuilder(openings, lots, valuer, txFrom(hashes));
    const writer = new ContentWriter();
    await this.eachSlice(em, clientId, { from, to: period.to }, valuer, async (lines) => {
      for (const [key, hash] of await depositHashes(em, lines)) hashes.set(key, hash);
      const parts = writer.write(builder.add(lines));
      if (builder.lines > MOST_LINES)
        throw new Refused(refuse('statement.too_long', `A statement has at most ${MOST_LINES} lines. Ask for a shorter period.`).refusal);
      await addParts(
        em,
        parts.map((part) => ({ statementId: wanted.id, ...part })),
      );
    });
    checkClosing(clientId, builder.closing, await this.balances(em, clientId, period.to));
    const { statement, part } = finished(wanted, builder, writer, this.clock.now());
    if (part) await addParts(em, [part]);
    await addStatements(em, [statement]);
    return builder.closing;
  }

  valuer(currency: Currency): MomentValuer {
    return new MomentValuer(currency, this.config.PRICE_MAX_AGE_MS);
  }

  /** Open lots just before a time: from the last monthly statement in this currency, and what happened since; or from the very beginning. */
  async lotsAt(em: EntityManager, clientId: string, at: Date, currency: Currency): Promise<LotState> {
    const [carried] = await carriedLots(em, [clientId], at);
    const known = carried?.currency === currency && carried.to <= at ? carried : null;
    if (known?.to.getTime() === at.getTime()) return lotsOf(known.lots);
    const from = known?.to ?? BEGINNING;
    const openings = known ? await this.balances(em, clientId, from) : new Map<string, bigint>();
    const valuer = this.valuer(currency);
    const builder = new StatementBuilder(openings, known ? lotsOf(known.lots) : NO_LOTS, valuer);
    await this.eachSlice(em, clientId, { from, to: at }, valuer, async (lines) => void builder.add(lines));
    return builder.lots;
  }

  private async eachSlice(
    em: EntityManager,
    clientId: string,
    period: BusinessPeriod,
    valuer: MomentValuer,
    work: (lines: BusinessLine[]) => Promise<void>,
  ): Promise<void> {
    for (const slice of await businessSlices(em, clientId, period, SLICE)) {
      const lines = await businessLines(em, [clientId], slice);
      if (lines.length === 0) continue;
      await valuer.cover(
        em,
        lines.map((line) => line.effectiveAt),
      );
      await work(lines);
    }
  }

  private async balances(em: EntityManager, clientId: string, before: Date): Promise<Balances> {
    return new Map((await businessBalances(em, [clientId], before)).map((b) => [balanceKey(b.kind, b.asset), b.balance]));
  }
}

export const txFrom =
  (hashes: ReadonlyMap<string, string>) =>
  (line: BusinessLine): string | undefined =>
    line.kind === 'deposit.receive' ? hashes.get(`${line.owner} ${publicId('deposit', line.reference)}`) : undefined;

/** Throws InvariantBroken: opening and lines make what the ledger says, or there is no statement. */
export function checkClosing(clientId: string, closing: Balances, ledger: Balances): void {
  for (const key of new Set([...closing.keys(), ...ledger.keys()])) {
    const [summed, balance] = [closing.get(key) ?? 0n, ledger.get(key) ?? 0n];
    invariant(summed === balance, 'statement.differs_from_ledger', {
      clientId,
      account: key,
      summed: String(summed),
      balance: String(balance),
    });
  }
}

export function finished(
  wanted: Wanted,
  builder: StatementBuilder,
  writer: ContentWriter,
  madeAt: Date,
): { statement: NewStatement; part: { statementId: string; seq: number; content: Buffer } | null } {
  const { id, clientId, kind, month, period, currency, provisional } = wanted;
  const head = {
    id,
    clientId,
    kind,
    month,
    from: period.from,
    to: period.to,
    currency,
    provisional,
    lines: Number(builder.lines),
    unpriced: Number(builder.unpriced),
    unpricedCode: builder.unpricedCode,
    accounts: builder.accounts,
    lots: wireLots(builder.lots),
    schemaVersion: SCHEMA_VERSION,
    madeAt,
  };
  const { part, parts, sha256 } = writer.end(head);
  return { statement: { ...head, parts, contentSha256: sha256 }, part: part && { statementId: id, ...part } };
}

/** Whether the trust's books are closed up to and with a day: then nothing counts in it any more. */
export async function booksClosed(em: EntityManager, through: string): Promise<boolean> {
  const last = (await closedPeriods(em, 'client_trust')).at(-1);
  return last !== undefined && last.through >= through;
}
