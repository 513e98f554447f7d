import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { page, StaffDoor, type Page } from '#http';
import { asset, formatDecimal, publicId, refuse, Refused, timestamp, uuidOf } from '#kernel';
import { CHAINS, type Chains } from '../chain/chains.js';
import { stepsOf, type HistoryStep } from '../history.js';
import { walletsById } from '../wallets/wallets.store.js';
import type { AttemptEntity } from './attempt.entity.js';
import { attemptsOf } from './attempts.store.js';
import type { TransactionEntity } from './transaction.entity.js';
import { TransactionPage, TransactionsQueryDto, TransactionView } from './transactions.dto.js';
import { listTransactions, transactionById } from './transactions.store.js';

interface Shown {
  readonly row: TransactionEntity;
  readonly from: string | null;
  readonly to: string | null;
  readonly steps: readonly HistoryStep[];
  readonly attempts: readonly AttemptEntity[];
  readonly createdAt: Date;
  readonly id: string;
}

/** Every transaction of ours, with what it waits for. */
@ApiTags('custody (staff)')
@Controller('v1/custody/transactions')
export class TransactionsController {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CHAINS) private readonly chains: Chains,
  ) {}

  @ApiOperation({ summary: 'Transactions of ours' })
  @Get()
  @StaffDoor('treasury', 'auditor', 'officer', 'senior_officer')
  @ApiOkResponse({ type: TransactionPage })
  list(@Query() query: TransactionsQueryDto): Promise<Page<TransactionView>> {
    const filter = { state: query.state, purpose: query.purpose };
    return page<Shown, TransactionView>(query, {
      filter: { list: 'transactions', ...filter },
      fetch: (limit, before) => this.transactor.read(async (em) => complete(em, await listTransactions(em, filter, limit, before))),
      at: (shown) => shown,
      show: (shown) => this.view(shown),
    });
  }

  @ApiOperation({ summary: 'One transaction: intent, bytes, steps' })
  @Get(':id')
  @StaffDoor('treasury', 'auditor', 'officer', 'senior_officer')
  @ApiOkResponse({ type: TransactionView })
  async one(@Param('id') id: string): Promise<TransactionView> {
    const uuid = uuidOf('transaction', id);
    const [shown] = await this.transactor.read(async (em) => {
      const row = uuid === null ? null : await transactionById(em, uuid);
      return complete(em, row ? [row] : []);
    });
    if (!shown) throw new Refused(refuse('not_found', 'There is no such transaction.').refusal);
    return this.view(shown);
  }

  private view({ row, from, to, steps, attempts }: Shown): TransactionView {
    const display = (address: string | null): string | null =>
      address === null ? null : (this.chains.get(row.chain)?.reader.displayAddress(address) ?? address);
    const value = row.value ?? row.amount;
    return {
      id: publicId('transaction', row.id),
      purpose: row.purpose,
      state: row.state,
      code: row.code,
      detail: row.detail,
      chain: row.chain,
      asset: row.asset,
      value: value === null ? null : formatDecimal(asset(row.asset), value),
      value_atomic: value?.toString() ?? null,
      from: display(from),
      to: display(row.target ?? to ?? row.toAddress),
      nonce: row.nonce?.toString() ?? null,
      tx_hash: row.hash,
      gas_reserved_atomic: row.reserved.toString(),
      gas_cost_atomic: row.gasCost?.toString() ?? null,
      block_number: row.blockNumber?.toString() ?? null,
      attempts: row.attempts,
      created_at: timestamp(row.createdAt),
      updated_at: timestamp(row.updatedAt),
      signatures: attempts.map((attempt) => ({
        number: attempt.number,
        state: attempt.state,
        tx_hash: attempt.hash,
        max_fee_per_gas_atomic: attempt.maxFeePerGas?.toString() ?? null,
        worst_cost_atomic: attempt.worstCost.toString(),
        code: attempt.code,
      })),
      steps: steps.map((step) => ({ state: step.state, at: timestamp(step.at) })),
    };
  }
}

async function complete(em: EntityManager, rows: readonly TransactionEntity[]): Promise<Shown[]> {
  if (rows.length === 0) return [];
  const ids = rows.flatMap((row) => (row.toWalletId === null ? [row.fromWalletId] : [row.fromWalletId, row.toWalletId]));
  const addresses = new Map((await walletsById(em, [...new Set(ids)])).map((w) => [w.id, w.address]));
  const steps = await stepsOf(
    em,
    'transaction',
    rows.map((row) => row.id),
  );
  const attempts = await attemptsOf(
    em,
    rows.map((row) => row.id),
  );
  const at = (id: string | null): string | null => (id === null ? null : (addresses.get(id) ?? null));
  return rows.map((row) => ({
    row,
    id: row.id,
    createdAt: row.createdAt,
    from: at(row.fromWalletId),
    to: at(row.toWalletId),
    steps: steps.get(row.id) ?? [],
    attempts: attempts.get(row.id) ?? [],
  }));
}
