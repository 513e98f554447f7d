import { Body, Controller, Get, Param, Post, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Transactor } from '#database';
import { answer, type Answer, type ClientCaller, ClientDoor, CurrentClient, Public } from '#http';
import { accept, invariant } from '#kernel';
import { required } from '../wire.js';
import { parseDisclosure, PRODUCT_ID } from './disclosure.js';
import type { AcknowledgementRow, DisclosureRow } from './disclosure.entity.js';
import { acknowledgementsOf, disclosureInForce, findDisclosure } from './disclosure.store.js';
import { AcknowledgementDto, DisclosureQuery } from './disclosures.dto.js';
import { DisclosuresService } from './disclosures.service.js';

const LONGEST_AGENT = 500;

@ApiTags('onboarding')
@Controller('v1/compliance')
export class DisclosuresController {
  constructor(
    private readonly disclosures: DisclosuresService,
    private readonly transactor: Transactor,
  ) {}

  @ApiOperation({ summary: 'The disclosure of a product, in force or of a version' })
  @Get('disclosures/:product_id')
  @Public()
  async read(@Param('product_id') productId: string, @Query() query: DisclosureQuery): Promise<object> {
    const known = accept(required(PRODUCT_ID.test(productId) ? productId : null));
    const { version } = query;
    const row = await this.transactor.read((em) =>
      version === undefined ? disclosureInForce(em, known) : findDisclosure(em, known, version),
    );
    return documentView(accept(required(row)));
  }

  /** 201: recorded now. 200: it was recorded before. */
  @ApiOperation({ summary: 'Acknowledge a disclosure' })
  @Post('acknowledgements')
  @ClientDoor('account')
  async acknowledge(
    @Body() body: AcknowledgementDto,
    @CurrentClient() client: ClientCaller,
    @Req() request: FastifyRequest,
  ): Promise<Answer> {
    const given = {
      clientId: client.clientId,
      productId: body.product_id,
      version: body.version,
      hash: body.hash.slice(2),
      ip: request.ip,
      userAgent: (request.headers['user-agent'] ?? '').slice(0, LONGEST_AGENT),
    };
    const { row, isNew } = await this.transactor.run(async (em) => accept(await this.disclosures.acknowledge(em, given)));
    return answer({ status: isNew ? 201 : 200, body: acknowledgementView(row) });
  }

  @ApiOperation({ summary: 'What you have acknowledged' })
  @Get('acknowledgements')
  @ClientDoor()
  async list(@CurrentClient() client: ClientCaller): Promise<object> {
    const rows = await this.transactor.read((em) => acknowledgementsOf(em, client.clientId));
    return { data: rows.map(acknowledgementView) };
  }
}

function documentView(row: DisclosureRow): object {
  const parsed = parseDisclosure(row.text);
  invariant(parsed.ok, 'disclosure.stored_malformed', { product: row.productId, version: row.version });
  return {
    product_id: row.productId,
    version: row.version,
    hash: `0x${row.hash}`,
    title: parsed.value.title,
    sections: parsed.value.sections,
    text: row.text,
    published_at: row.publishedAt.toISOString(),
  };
}

const acknowledgementView = (row: AcknowledgementRow) => ({
  product_id: row.productId,
  version: row.version,
  hash: `0x${row.hash}`,
  channel: row.channel,
  at: row.at.toISOString(),
});
