import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Transactor } from '#database';
import { page, Public, StaffDoor, type Page } from '#http';
import { listSeals, sealAt, sealHealth, sealStatement, type SignedBlock } from '#ledger';
import { SealHeadsView, SealPage, SealsQuery, type SealHeadView, type SealView } from './seals.dto.js';

@ApiTags('custody (staff)')
@Controller('v1/custody/seals')
export class SealsController {
  constructor(private readonly transactor: Transactor) {}

  @ApiOperation({ summary: 'Seals over the ledger or the audit log, newest first' })
  @Get()
  @StaffDoor('officer', 'auditor')
  @ApiOkResponse({ type: SealPage })
  list(@Query() query: SealsQuery): Promise<Page<SealView>> {
    return page<SignedBlock, SealView>(query, {
      filter: { list: 'seals', log: query.log },
      fetch: (limit, before) => this.transactor.read((em) => listSeals(em, query.log, limit, before?.id)),
      at: (block) => ({ createdAt: new Date(block.sealed_at), id: block.seq }),
      isId: (id) => /^[1-9]\d{0,17}$/.test(id),
      show: (block) => block,
    });
  }
}

/** What anybody may copy, so that nobody can rewrite what was. */
@ApiTags('transparency')
@Controller('v1/transparency/seals')
export class SealHeadsController {
  constructor(private readonly transactor: Transactor) {}

  @ApiOperation({ summary: 'The newest signed seal of the ledger and of the audit log' })
  @Get()
  @Public()
  @ApiOkResponse({ type: SealHeadsView })
  heads(): Promise<SealHeadsView> {
    return this.transactor.read(async (em) => {
      const { logs } = await sealHealth(em);
      const heads: SealHeadView[] = [];
      for (const { log, signed } of logs) {
        const block = signed === '0' ? null : await sealAt(em, log, signed);
        if (block) heads.push(headOf(block));
      }
      return { heads };
    });
  }
}

const headOf = (block: SignedBlock): SealHeadView => ({
  log: block.log,
  seq: block.seq,
  previous: block.previous,
  hash: block.hash,
  sealed_at: block.sealed_at,
  statement: sealStatement(block).toString('utf8'),
  signature: block.signature ?? '',
  public_key: block.public_key ?? '',
});
