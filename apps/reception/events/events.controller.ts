import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Transactor } from '#database';
import { type ClientCaller, ClientDoor, CurrentClient } from '#http';
import { publicId, timestamp } from '#kernel';
import { EventList, EventsQuery } from './events.dto.js';
import { eventsAfter } from './events.store.js';

@ApiTags('identity')
@ClientDoor()
@Controller('v1/events')
export class EventsController {
  constructor(@Inject(Transactor) private readonly transactor: Transactor) {}

  @ApiOperation({
    summary: 'Your event log',
    description: 'Everything that happened to you, in order, kept whole. Ask again with `after` to go on.',
  })
  @ApiOkResponse({ type: EventList })
  @Get()
  async list(@CurrentClient() caller: ClientCaller, @Query() query: EventsQuery): Promise<EventList> {
    const rows = await this.transactor.read((em) => eventsAfter(em, caller.clientId, BigInt(query.after), query.limit + 1));
    const data = rows.slice(0, query.limit).map((row) => ({
      seq: Number(row.seq),
      id: publicId('event', row.id),
      type: row.type,
      resource: row.resource,
      at: timestamp(row.at),
      data: row.data,
    }));
    return { data, page: { next_after: String(data.at(-1)?.seq ?? query.after), has_more: rows.length > query.limit } };
  }
}
