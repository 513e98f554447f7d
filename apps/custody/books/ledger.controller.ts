import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Transactor } from '#database';
import { ClientDoor, CurrentClient, named, page, type ClientCaller, type Page, type Position } from '#http';
import { isAssetCode, refuse, Refused, timestamp } from '#kernel';
import { accountKinds, entries, isEntryId, ownerBalances, type Balance, type EntriesQuery, type Entry } from '#ledger';
import { AccountList, EntriesQueryDto, EntryPage, type AccountView, type EntryView } from './ledger.dto.js';

/** A client's own accounts and their whole history, from the ledger itself. */
@ApiTags('ledger')
@Controller('v1/ledger')
export class LedgerController {
  constructor(private readonly transactor: Transactor) {}

  @ApiOperation({ summary: 'Your accounts in the ledger' })
  @Get('accounts')
  @ClientDoor()
  @ApiOkResponse({ type: AccountList })
  async accounts(@CurrentClient() client: ClientCaller): Promise<AccountList> {
    const balances = await this.transactor.read((em) => ownerBalances(em, client.clientId));
    return { data: balances.map(accountView) };
  }

  @ApiOperation({ summary: 'Your entries in the ledger, newest first' })
  @Get('entries')
  @ClientDoor()
  @ApiOkResponse({ type: EntryPage })
  entries(@CurrentClient() client: ClientCaller, @Query() query: EntriesQueryDto): Promise<Page<EntryView>> {
    const { asset: code, account } = query;
    if (code !== undefined && !isAssetCode(code)) throw new Refused(refuse('asset.unknown', 'There is no such asset here.').refusal);
    const filter = {
      owner: client.clientId,
      ...(code === undefined ? {} : { asset: code }),
      ...(account === undefined ? {} : { account }),
    };
    return page<Entry, EntryView>(query, {
      filter: { list: 'ledger-entries', client: client.clientId, asset: code, account },
      fetch: (limit, before) => this.transactor.read((em) => entries(em, { ...filter, limit, ...placeOf(before) })),
      at: (entry) => ({ createdAt: entry.effectiveAt, id: entry.id }),
      isId: isEntryId,
      show: entryView,
    });
  }
}

const placeOf = (before: Position | undefined): Pick<EntriesQuery, 'before'> =>
  before ? { before: { id: before.id, effectiveAt: before.createdAt } } : {};

const accountView = (b: Balance): AccountView => ({
  account: b.kind,
  meaning: accountKinds[b.kind].meaning,
  asset: b.asset,
  ...named('balance', b.asset, b.balance),
});

const entryView = (e: Entry): EntryView => ({
  id: e.id,
  kind: e.kind,
  account: e.account,
  counterpart: e.counterpart,
  asset: e.asset,
  ...named('change', e.asset, e.change),
  ...named('balance', e.asset, e.balance),
  reference: e.reference,
  effective_at: timestamp(e.effectiveAt),
  version: e.version.toString(),
});
