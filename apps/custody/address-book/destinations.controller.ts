import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Transactor } from '#database';
import { answer, ClientDoor, CurrentClient, page, PageQuery, type Answer, type ClientCaller, type Page } from '#http';
import { accept, publicId, refuse, Refused, timestamp, uuidOf, type Clock } from '#kernel';
import { chainOfAsset, CHAINS, type Chains } from '../chain/chains.js';
import { CLOCK } from '../tokens.js';
import type { DestinationEntity } from './destination.entity.js';
import { AddDestinationDto, DestinationPage, DestinationView } from './destinations.dto.js';
import { DestinationsService } from './destinations.service.js';
import { destinationOfClient, listDestinations } from './destinations.store.js';

/** The client's own addresses outside: the only places a withdrawal may go. */
@ApiTags('custody')
@Controller('v1/custody/address-book')
export class DestinationsController {
  constructor(
    private readonly transactor: Transactor,
    private readonly destinations: DestinationsService,
    @Inject(CHAINS) private readonly chains: Chains,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @ApiOperation({ summary: 'Name an address of your own' })
  @Post()
  @ClientDoor('withdraw')
  @ApiCreatedResponse({ type: DestinationView })
  async add(@CurrentClient() client: ClientCaller, @Body() body: AddDestinationDto): Promise<Answer> {
    const { chain, asset } = accept(chainOfAsset(this.chains, body.asset));
    const wanted = { chain, asset, address: body.address, label: body.label };
    const { destination, added } = await this.transactor.run(async (em) =>
      accept(await this.destinations.add(em, client.clientId, wanted)),
    );
    return answer({ status: added ? 201 : 200, body: this.view(destination) });
  }

  @ApiOperation({ summary: 'Your address book' })
  @Get()
  @ClientDoor()
  @ApiOkResponse({ type: DestinationPage })
  list(@CurrentClient() client: ClientCaller, @Query() query: PageQuery): Promise<Page<DestinationView>> {
    return page<DestinationEntity, DestinationView>(query, {
      filter: { list: 'address-book', client: client.clientId },
      fetch: (limit, before) => this.transactor.read((em) => listDestinations(em, client.clientId, limit, before)),
      at: (d) => d,
      show: (d) => this.view(d),
    });
  }

  @ApiOperation({ summary: 'One entry' })
  @Get(':id')
  @ClientDoor()
  @ApiOkResponse({ type: DestinationView })
  async one(@CurrentClient() client: ClientCaller, @Param('id') id: string): Promise<DestinationView> {
    const uuid = uuidOf('destination', id);
    const found = uuid === null ? null : await this.transactor.read((em) => destinationOfClient(em, client.clientId, uuid));
    if (!found || found.state === 'removed') throw noDestination();
    return this.view(found);
  }

  @ApiOperation({ summary: 'Remove an entry' })
  @Delete(':id')
  @HttpCode(204)
  @ClientDoor('withdraw')
  @ApiNoContentResponse()
  async remove(@CurrentClient() client: ClientCaller, @Param('id') id: string): Promise<void> {
    const uuid = uuidOf('destination', id);
    if (uuid === null) throw noDestination();
    await this.transactor.run(async (em) => accept(await this.destinations.remove(em, client.clientId, uuid)));
  }

  private view(d: DestinationEntity): DestinationView {
    return {
      id: publicId('destination', d.id),
      asset: d.asset,
      chain: d.chain,
      address: this.chains.get(d.chain)?.reader.displayAddress(d.address) ?? d.address,
      label: d.label,
      usable: d.usableAt <= this.clock.now(),
      usable_at: timestamp(d.usableAt),
      created_at: timestamp(d.createdAt),
    };
  }
}

const noDestination = (): Refused => new Refused(refuse('not_found', 'There is no such destination.').refusal);
