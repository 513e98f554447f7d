import { Inject, Injectable } from '@nestjs/common';
import { record } from '#audit';
import { Transactor } from '#database';
import { type Answer, answer, type ClientCaller, type Operation, page, type PageQuery, type Page, Requests } from '#http';
import { accept, type Clock, ok, publicId, refuse, Refused, timestamp, uuid5, uuidOf } from '#kernel';
import { currencyOf } from '#prices';
import type { ReceptionConfig } from '../config.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { countAsk, isAnswered, positionOf } from './asks.store.js';
import { FilesService } from './files.service.js';
import { booksClosed, MakingService, type Wanted } from './making.service.js';
import { type Month, monthOver, type Period, periodOf } from './month.js';
import { monthlyId } from './monthly.service.js';
import { choose, type Preference, preferenceOf } from './preferences.store.js';
import { type Format, formats, headView } from './render.js';
import type { MakeStatementDto, StatementHeadView } from './statements.dto.js';
import { findStatement, listStatements, type StatementHead } from './statements.store.js';

const NOTHING = refuse('not_found', 'There is no such resource.').refusal;
const day = (at: Date | null): string => (at ? timestamp(at).slice(0, 10) : 'beginning');

@Injectable()
export class StatementsService {
  constructor(
    @Inject(Transactor) private readonly transactor: Transactor,
    @Inject(Requests) private readonly requests: Requests,
    @Inject(MakingService) private readonly making: MakingService,
    @Inject(FilesService) private readonly files: FilesService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: ReceptionConfig,
  ) {}

  list(clientId: string, query: PageQuery): Promise<Page<StatementHeadView>> {
    return this.transactor.read((em) =>
      page(query, {
        filter: { list: 'statements', clientId },
        fetch: (limit, before) => listStatements(em, clientId, limit, before),
        at: ({ madeAt, id }) => ({ createdAt: madeAt, id }),
        show: headView,
      }),
    );
  }

  /**
   * Makes a statement of a period, or of a month that is over: the final one when its books are closed, a provisional one until then. While nothing is
   * recorded in the books of the client, the same period in the same currency is the same statement. Refusals: statement.period_invalid,
   * statement.month_*, statement.too_long, statement.too_many, price.currency_unknown.
   */
  async create(operation: Operation, { clientId }: ClientCaller, dto: MakeStatementDto): Promise<Answer> {
    const asked = await this.wanted(clientId, dto);
    const { wanted, there } = await this.transactor.read(async (em) => {
      const known = await findStatement(em, clientId, asked.id);
      // prices may have come since
      const again: Wanted =
        known && known.unpriced > 0 && asked.kind === 'on_demand' ? { ...asked, id: uuid5('statement', operation.id) } : asked;
      const there = again === asked ? known !== null : (await findStatement(em, clientId, again.id)) !== null;
      return { wanted: again, there: there || (await isAnswered(em, operation.id)) };
    });
    if (!there) await this.make(wanted);
    return this.requests.once(operation, async (em) => {
      const head = await findStatement(em, clientId, wanted.id);
      if (!head) throw new Refused(NOTHING);
      const id = publicId('statement', head.id);
      await record(em, { actor: { kind: 'client', id: clientId }, action: 'statement.make', resource: id });
      return ok({ status: 201, body: headView(head), headers: { location: `/v1/statements/${id}` } });
    });
  }

  private async make(wanted: Wanted): Promise<void> {
    const most = this.config.STATEMENTS_A_DAY;
    const today = timestamp(this.clock.now()).slice(0, 10);
    if (wanted.kind === 'on_demand' && !(await this.transactor.run((em) => countAsk(em, wanted.clientId, today, wanted.id, most))))
      throw new Refused(
        refuse('statement.too_many', `At most ${most} new statements a day are made for you. Those you have can be read.`).refusal,
      );
    await this.making.make(wanted);
  }

  private async wanted(clientId: string, dto: MakeStatementDto): Promise<Wanted> {
    const asked = dto.currency === undefined ? null : accept(currencyOf(dto.currency));
    const month = dto.month === undefined ? null : accept(monthOver(dto.month, this.clock.now()));
    if (month && (dto.from !== undefined || dto.to !== undefined))
      throw new Refused(refuse('statement.period_invalid', 'Ask for a month or for a period.').refusal);
    const period: Period = month ?? accept(periodOf(dto.from, dto.to, this.clock.now()));
    return this.transactor.read(async (em) => {
      const { currency: preferred } = await preferenceOf(em, clientId);
      const currency = asked ?? preferred;
      const ends = [period.from ? timestamp(period.from) : '', month === null && dto.to === undefined ? 'now' : timestamp(period.to)];
      const closed = await booksClosed(em, lastDay(period));
      const final: Month | null = month && closed && currency === preferred ? month : null;
      return {
        id: final
          ? monthlyId(clientId, final.name)
          : uuid5('statement', clientId, month?.name ?? '', ...ends, currency, String(closed), await positionOf(em, clientId)),
        clientId,
        kind: final ? 'monthly' : 'on_demand',
        month: month?.name ?? null,
        period: { from: period.from, to: period.to },
        currency,
        provisional: !closed,
      };
    });
  }

  /** Refusals: not_found (another client's too); of tax: price.* while rows have no value, unless that is asked for. */
  async download(clientId: string, id: string, format: Format, prices: 'required' | 'optional'): Promise<Answer> {
    const uuid = uuidOf('statement', id);
    const head = uuid === null ? null : await this.transactor.read((em) => findStatement(em, clientId, uuid));
    if (!head) throw new Refused(NOTHING);
    if (format === 'tax' && prices === 'required' && head.unpriced > 0)
      throw new Refused(
        refuse(
          head.unpricedCode ?? 'price.absent',
          'Rows have no value, as there was no usable price. Ask with prices=optional to leave them empty.',
          {
            unpriced: head.unpriced,
            currency: head.currency,
          },
        ).refusal,
      );
    const { file, content } = await this.files.open(head, format);
    return answer({ status: 200, body: content, headers: headersOf(head, format, file) });
  }

  preference(clientId: string): Promise<Preference> {
    return this.transactor.read((em) => preferenceOf(em, clientId));
  }

  /** Refusal: price.currency_unknown. */
  prefer({ clientId }: ClientCaller, text: string): Promise<Preference> {
    const currency = accept(currencyOf(text));
    return this.transactor.run(async (em) => {
      const known = await preferenceOf(em, clientId);
      if (known.version > 0 && known.currency === currency) return known;
      await record(em, {
        actor: { kind: 'client', id: clientId },
        action: 'statement.prefer',
        resource: publicId('client', clientId),
        details: { currency },
      });
      return choose(em, clientId, currency, publicId('client', clientId), this.clock.now());
    });
  }
}

const lastDay = (period: Period): string => timestamp(new Date(period.to.getTime() - 1)).slice(0, 10);

const headersOf = (head: StatementHead, format: Format, file: { bytes: number; sha256: Buffer }): Record<string, string> => ({
  'content-type': formats[format].type,
  'content-length': String(file.bytes),
  'content-disposition': `attachment; filename="bailee-statement-${head.month ?? `${day(head.from)}-${day(head.to)}`}.${formats[format].extension}"`,
  etag: `"${file.sha256.toString('hex')}"`,
  'repr-digest': `sha-256=:${file.sha256.toString('base64')}:`,
  'cache-control': 'private, no-transform',
});
