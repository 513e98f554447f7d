import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import {
  ClientDoor,
  CurrentClient,
  CurrentOperation,
  money,
  page,
  PageQuery,
  Requests,
  type Answer,
  type ClientCaller,
  type Operation,
  type Page,
} from '#http';
import { asset, isTerminal, ok, parseDecimal, publicId, refuse, Refused, timestamp, uuidOf } from '#kernel';
import { chainOfAsset, CHAINS, type Chains } from '../chain/chains.js';
import { stepsOf, type HistoryStep } from '../history.js';
import { withdrawalMachine, type WithdrawalEvent, type WithdrawalState } from './withdrawal.js';
import type { WithdrawalEntity } from './withdrawal.entity.js';
import { WithdrawalPage, WithdrawalView, WithdrawDto } from './withdrawals.dto.js';
import { WithdrawalsService } from './withdrawals.service.js';
import { listWithdrawals, withdrawalOfClient } from './withdrawals.store.js';

interface Shown {
  readonly row: WithdrawalEntity;
  readonly steps: readonly HistoryStep[];
  readonly createdAt: Date;
  readonly id: string;
}

@ApiTags('custody')
@Controller('v1/custody/withdrawals')
export class WithdrawalsController {
  constructor(
    private readonly transactor: Transactor,
    private readonly requests: Requests,
    private readonly withdrawals: WithdrawalsService,
    @Inject(CHAINS) private readonly chains: Chains,
  ) {}

  @ApiOperation({ summary: 'Withdraw to an address of your address book' })
  @Post()
  @HttpCode(202)
  @ClientDoor('withdraw')
  @ApiAcceptedResponse({ type: WithdrawalView })
  withdraw(@CurrentClient() client: ClientCaller, @CurrentOperation() operation: Operation, @Body() body: WithdrawDto): Promise<Answer> {
    return this.requests.once(operation, async (em) => {
      const held = chainOfAsset(this.chains, body.asset);
      if (!held.ok) return held;
      const amount = body.amount === 'max' ? ok('max' as const) : parseDecimal(asset(held.value.asset), body.amount);
      if (!amount.ok) return amount;
      const request = { operationId: operation.id, clientId: client.clientId, chain: held.value.chain.name, asset: held.value.asset };
      const destinationId = uuidOf('destination', body.destination_id);
      const accepted = await this.withdrawals.accept(em, { ...request, amount: amount.value, destinationId });
      if (!accepted.ok) return accepted;
      const [shown] = await complete(em, [accepted.value]);
      const location = `/v1/custody/withdrawals/${publicId('operation', operation.id)}`;
      return ok({ status: 202, body: shown ? this.view(shown) : null, headers: { location } });
    });
  }

  @ApiOperation({ summary: 'Your withdrawals' })
  @Get()
  @ClientDoor()
  @ApiOkResponse({ type: WithdrawalPage })
  list(@CurrentClient() client: ClientCaller, @Query() query: PageQuery): Promise<Page<WithdrawalView>> {
    return page<Shown, WithdrawalView>(query, {
      filter: { list: 'withdrawals', client: client.clientId },
      fetch: (limit, before) => this.transactor.read(async (em) => complete(em, await listWithdrawals(em, client.clientId, limit, before))),
      at: (shown) => shown,
      show: (shown) => this.view(shown),
    });
  }

  @ApiOperation({ summary: 'One withdrawal with its steps' })
  @Get(':id')
  @ClientDoor()
  @ApiOkResponse({ type: WithdrawalView })
  async one(@CurrentClient() client: ClientCaller, @Param('id') id: string): Promise<WithdrawalView> {
    const uuid = uuidOf('operation', id);
    const [shown] = await this.transactor.read(async (em) => {
      const row = uuid === null ? null : await withdrawalOfClient(em, client.clientId, uuid);
      return complete(em, row ? [row] : []);
    });
    if (!shown) throw new Refused(refuse('not_found', 'There is no such withdrawal.').refusal);
    return this.view(shown);
  }

  private view({ row, steps }: Shown): WithdrawalView {
    return {
      id: publicId('operation', row.id),
      type: 'withdrawal',
      state: row.state,
      state_since: timestamp(row.updatedAt),
      reason:
        row.state === 'returned'
          ? { code: 'withdrawal.not_executed', detail: 'The transfer was not executed; the money is available again.' }
          : null,
      asset: row.asset,
      chain: row.chain,
      ...money(row.asset, row.amount),
      destination_id: publicId('destination', row.destinationId),
      address: this.chains.get(row.chain)?.reader.displayAddress(row.address) ?? row.address,
      tx_hash: row.hash,
      steps: steps.map((step, i) => ({
        name: step.state,
        state: stepState(step.state as WithdrawalState, i === steps.length - 1),
        at: timestamp(step.at),
        tx_hash: step.transactionHash,
      })),
      created_at: timestamp(row.createdAt),
    };
  }
}

async function complete(em: EntityManager, rows: readonly WithdrawalEntity[]): Promise<Shown[]> {
  const steps = await stepsOf(
    em,
    'withdrawal',
    rows.map((row) => row.id),
  );
  return rows.map((row) => ({ row, id: row.id, createdAt: row.createdAt, steps: steps.get(row.id) ?? [] }));
}

function stepState(state: WithdrawalState, last: boolean): 'done' | 'current' | 'failed' {
  if (state === 'returned') return 'failed';
  return last && !isTerminal<WithdrawalState, WithdrawalEvent>(withdrawalMachine, state) ? 'current' : 'done';
}
