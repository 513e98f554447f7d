import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Transactor } from '#database';
import { CurrentStaff, page, PageQuery, StaffDoor, type Page, type StaffCaller } from '#http';
import { accept, publicId, refuse, Refused, timestamp, uuidOf } from '#kernel';
import { chainOfAsset, CHAINS, type Chains } from '../chain/chains.js';
import type { ReconciliationEntity } from './reconciliation.entity.js';
import { ReconciliationService } from './reconciliation.service.js';
import { latestReconciliation, listReconciliations, reconciliationById } from './reconciliation.store.js';
import { ReconcileDto, ReconciliationPage, ReconciliationView } from './reconciliations.dto.js';

@ApiTags('custody (staff)')
@Controller('v1/custody/reconciliations')
export class ReconciliationsController {
  constructor(
    private readonly transactor: Transactor,
    private readonly reconciliation: ReconciliationService,
    @Inject(CHAINS) private readonly chains: Chains,
  ) {}

  /** Compares now, at the finalised height; waits until books and chain stand at one checkpoint. */
  @ApiOperation({ summary: 'Compare books and chain now' })
  @Post()
  @HttpCode(201)
  @StaffDoor('treasury', 'auditor')
  @ApiCreatedResponse({ type: ReconciliationView })
  async run(@CurrentStaff() staff: StaffCaller, @Body() body: ReconcileDto): Promise<ReconciliationView> {
    const { chain } = accept(chainOfAsset(this.chains, body.asset ?? 'ETH'));
    return view(await this.reconciliation.compare(chain, { kind: 'staff', id: staff.staffId }));
  }

  @ApiOperation({ summary: 'Reconciliations' })
  @Get()
  @StaffDoor('treasury', 'auditor')
  @ApiOkResponse({ type: ReconciliationPage })
  list(@Query() query: PageQuery): Promise<Page<ReconciliationView>> {
    return page<ReconciliationEntity, ReconciliationView>(query, {
      filter: { list: 'reconciliations' },
      fetch: (limit, before) => this.transactor.read((em) => listReconciliations(em, limit, before)),
      at: (row) => row,
      show: view,
    });
  }

  @ApiOperation({ summary: 'The latest reconciliation' })
  @Get('latest')
  @StaffDoor('treasury', 'auditor')
  @ApiOkResponse({ type: ReconciliationView })
  async latest(@Query() query: ReconcileDto): Promise<ReconciliationView> {
    const { chain } = accept(chainOfAsset(this.chains, query.asset ?? 'ETH'));
    return found(await this.transactor.read((em) => latestReconciliation(em, chain.name)));
  }

  @ApiOperation({ summary: 'One reconciliation' })
  @Get(':id')
  @StaffDoor('treasury', 'auditor')
  @ApiOkResponse({ type: ReconciliationView })
  async one(@Param('id') id: string): Promise<ReconciliationView> {
    const uuid = uuidOf('report', id);
    return found(uuid === null ? null : await this.transactor.read((em) => reconciliationById(em, uuid)));
  }
}

function found(row: ReconciliationEntity | null): ReconciliationView {
  if (!row) throw new Refused(refuse('not_found', 'There is no such reconciliation.').refusal);
  return view(row);
}

const view = (row: ReconciliationEntity): ReconciliationView => ({
  id: publicId('report', row.id),
  state: row.state,
  chain: row.chain,
  block_number: row.blockNumber.toString(),
  block_hash: row.blockHash,
  slot: row.slot.toString(),
  whole: row.whole,
  report: row.report,
  requested_by: row.requestedBy,
  created_at: timestamp(row.createdAt),
});
