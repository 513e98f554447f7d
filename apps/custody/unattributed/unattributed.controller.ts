import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import {
  CurrentOperation,
  CurrentStaff,
  money,
  page,
  Requests,
  StaffDoor,
  type Answer,
  type Operation,
  type Page,
  type StaffCaller,
} from '#http';
import { ok, publicId, refuse, timestamp, uuidOf, type Result } from '#kernel';
import { CHAINS, type Chains } from '../chain/chains.js';
import type { WalletEntity } from '../wallets/wallet.entity.js';
import { walletsById } from '../wallets/wallets.store.js';
import type { Wish } from './unattributed.js';
import {
  DecideAttributionDto,
  ProposeAttributionDto,
  UnattributedPage,
  UnattributedQueryDto,
  UnattributedView,
} from './unattributed.dto.js';
import type { UnattributedEntity } from './unattributed.entity.js';
import { UnattributedService } from './unattributed.service.js';
import { listUnattributed } from './unattributed.store.js';

interface Shown {
  readonly row: UnattributedEntity;
  readonly wallet: WalletEntity | undefined;
}
type Decide = (em: EntityManager, uuid: string) => Promise<Result<UnattributedEntity>>;

/** Money that arrived with no client to credit: whose is it? Two people say. */
@ApiTags('custody (staff)')
@Controller('v1/custody/unattributed')
export class UnattributedController {
  constructor(
    private readonly transactor: Transactor,
    private readonly requests: Requests,
    private readonly unattributed: UnattributedService,
    @Inject(CHAINS) private readonly chains: Chains,
  ) {}

  @ApiOperation({ summary: 'Funds that arrived with no client to credit' })
  @Get()
  @StaffDoor('treasury', 'auditor', 'officer', 'senior_officer', 'mlro')
  @ApiOkResponse({ type: UnattributedPage })
  list(@Query() query: UnattributedQueryDto): Promise<Page<UnattributedView>> {
    return page<Shown, UnattributedView>(query, {
      filter: { list: 'unattributed', state: query.state, to: query.to },
      fetch: (limit, before) => this.transactor.read(async (em) => complete(em, await listUnattributed(em, query, limit, before))),
      at: ({ row }) => row,
      show: (shown) => this.view(shown),
    });
  }

  @ApiOperation({ summary: 'Propose whose it is, or that it goes back' })
  @Post(':id/proposals')
  @HttpCode(200)
  @StaffDoor('treasury', 'officer', 'senior_officer')
  @ApiOkResponse({ type: UnattributedView })
  propose(
    @Param('id') id: string,
    @CurrentStaff() staff: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Body() body: ProposeAttributionDto,
  ): Promise<Answer> {
    return this.decide(operation, id, async (em, uuid) => {
      const wish = this.wishOf(body);
      return wish.ok ? this.unattributed.propose(em, uuid, wish.value, staff.staffId) : wish;
    });
  }

  @ApiOperation({ summary: 'Approve what another has proposed' })
  @Post(':id/approval')
  @HttpCode(200)
  @StaffDoor('senior_officer', 'mlro')
  @ApiOkResponse({ type: UnattributedView })
  approve(
    @Param('id') id: string,
    @CurrentStaff() staff: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Body() body: DecideAttributionDto,
  ): Promise<Answer> {
    return this.decide(operation, id, (em, uuid) => this.unattributed.approve(em, uuid, staff.staffId, body));
  }

  @ApiOperation({ summary: 'Deny what another has proposed' })
  @Post(':id/denial')
  @HttpCode(200)
  @StaffDoor('senior_officer', 'mlro')
  @ApiOkResponse({ type: UnattributedView })
  deny(
    @Param('id') id: string,
    @CurrentStaff() staff: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Body() body: DecideAttributionDto,
  ): Promise<Answer> {
    return this.decide(operation, id, (em, uuid) => this.unattributed.deny(em, uuid, staff.staffId, body));
  }

  private decide(operation: Operation, id: string, decide: Decide): Promise<Answer> {
    return this.requests.once(operation, async (em) => {
      const uuid = uuidOf('unattributed', id);
      const decided = uuid === null ? refuse('not_found', 'There is no such arrival.') : await decide(em, uuid);
      if (!decided.ok) return decided;
      const [shown] = await complete(em, [decided.value]);
      return ok({ status: 200, body: shown ? this.view(shown) : null });
    });
  }

  private wishOf({ to, reason, client_id, pool_id, operator_id, sender, tx_hash }: ProposeAttributionDto): Result<Wish> {
    const clientId = client_id === undefined ? undefined : uuidOf('client', client_id);
    if (clientId === null) return refuse('unattributed.client_unknown', 'There is no such client with a deposit address on this chain.');
    const [chain] = [...this.chains.values()];
    const from = sender === undefined || !chain ? undefined : chain.reader.parseAddress(sender);
    if (from && !from.ok) return from;
    return ok({ to, reason, clientId, poolId: pool_id, operatorId: operator_id, sender: from?.value, transactionHash: tx_hash });
  }

  private view({ row, wallet }: Shown): UnattributedView {
    const reader = this.chains.get(row.chain)?.reader;
    const display = (address: string): string => reader?.displayAddress(address) ?? address;
    const { proposal } = row;
    const said = proposal?.to === 'client' ? proposal : null;
    const sender = said?.sender ?? (proposal?.to === 'sender' ? proposal.address : null);
    return {
      id: publicId('unattributed', row.id),
      state: row.state,
      version: row.version,
      cause: row.cause,
      chain: row.chain,
      asset: row.asset,
      ...money(row.asset, row.amount),
      address: wallet ? display(wallet.address) : '',
      role: wallet?.role ?? '',
      address_client_id: wallet?.clientId == null ? null : publicId('client', wallet.clientId),
      sender: row.sender === null ? null : display(row.sender),
      tx_hash: row.transactionHash,
      from_block: row.fromBlock.toString(),
      block_number: row.blockNumber.toString(),
      proposal: proposal && {
        to: proposal.to,
        client_id: said ? publicId('client', said.clientId) : null,
        pool_id: 'poolId' in proposal ? proposal.poolId : null,
        operator_id: 'operatorId' in proposal ? proposal.operatorId : null,
        sender: sender === null ? null : display(sender),
        tx_hash: said?.transactionHash ?? null,
        reason: proposal.reason,
        proposed_by: row.proposedBy === null ? null : publicId('staff', row.proposedBy),
      },
      decided_by: row.decidedBy === null ? null : publicId('staff', row.decidedBy),
      transaction_id: row.transactionId === null ? null : publicId('transaction', row.transactionId),
      created_at: timestamp(row.createdAt),
      updated_at: timestamp(row.updatedAt),
    };
  }
}

async function complete(em: EntityManager, rows: readonly UnattributedEntity[]): Promise<Shown[]> {
  const wallets = new Map((await walletsById(em, [...new Set(rows.map((row) => row.walletId))])).map((w) => [w.id, w]));
  return rows.map((row) => ({ row, wallet: wallets.get(row.walletId) }));
}
