import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { ClientDoor, CurrentClient, money, page, PageQuery, type ClientCaller, type Page } from '#http';
import { publicId, refuse, Refused, timestamp, uuidOf } from '#kernel';
import { CHAINS, type Chains } from '../chain/chains.js';
import { stepsOf, type HistoryStep } from '../history.js';
import { walletsById } from '../wallets/wallets.store.js';
import { shownState, type DepositState } from './deposit.js';
import type { DepositEntity } from './deposit.entity.js';
import { DepositPage, DepositView } from './deposits.dto.js';
import { depositOfClient, listDeposits } from './deposits.store.js';

interface Shown {
  readonly row: DepositEntity;
  readonly address: string;
  readonly steps: readonly HistoryStep[];
  readonly createdAt: Date;
  readonly id: string;
}

@ApiTags('custody')
@Controller('v1/custody/deposits')
export class DepositsController {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CHAINS) private readonly chains: Chains,
  ) {}

  @ApiOperation({ summary: 'Your deposits, also those not final yet' })
  @Get()
  @ClientDoor()
  @ApiOkResponse({ type: DepositPage })
  list(@CurrentClient() client: ClientCaller, @Query() query: PageQuery): Promise<Page<DepositView>> {
    return page<Shown, DepositView>(query, {
      filter: { list: 'deposits', client: client.clientId },
      fetch: (limit, before) =>
        this.transactor.read(async (em) => this.complete(em, await listDeposits(em, client.clientId, limit, before))),
      at: (shown) => shown,
      show: (shown) => this.view(shown),
    });
  }

  @ApiOperation({ summary: 'One deposit with its steps' })
  @Get(':id')
  @ClientDoor()
  @ApiOkResponse({ type: DepositView })
  async one(@CurrentClient() client: ClientCaller, @Param('id') id: string): Promise<DepositView> {
    const uuid = uuidOf('deposit', id);
    const [shown] = await this.transactor.read(async (em) => {
      const row = uuid === null ? null : await depositOfClient(em, client.clientId, uuid);
      return this.complete(em, row ? [row] : []);
    });
    if (!shown) throw new Refused(refuse('not_found', 'There is no such deposit.').refusal);
    return this.view(shown);
  }

  private async complete(em: EntityManager, rows: readonly DepositEntity[]): Promise<Shown[]> {
    if (rows.length === 0) return [];
    const wallets = new Map((await walletsById(em, [...new Set(rows.map((r) => r.walletId))])).map((w) => [w.id, w.address]));
    const steps = await stepsOf(
      em,
      'deposit',
      rows.map((r) => r.id),
    );
    return rows.map((row) => ({
      row,
      id: row.id,
      createdAt: row.createdAt,
      address: wallets.get(row.walletId) ?? '',
      steps: steps.get(row.id) ?? [],
    }));
  }

  private view({ row, address, steps }: Shown): DepositView {
    const display = (text: string): string => this.chains.get(row.chain)?.reader.displayAddress(text) ?? text;
    const all = steps.map((s) => ({ state: shownState(s.state as DepositState), at: timestamp(s.at) }));
    const shown = all.filter((step, i) => step.state !== all[i - 1]?.state);
    return {
      id: publicId('deposit', row.id),
      state: shownState(row.state),
      asset: row.asset,
      chain: row.chain,
      ...money(row.asset, row.amount),
      address: display(address),
      sender: display(row.sender),
      tx_hash: row.transactionHash,
      block_number: row.blockNumber.toString(),
      final: row.state !== 'seen' && row.state !== 'dropped',
      created_at: timestamp(row.createdAt),
      updated_at: shown.at(-1)?.at ?? timestamp(row.createdAt),
      steps: shown,
    };
  }
}
