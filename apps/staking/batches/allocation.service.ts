import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { amount, larger, newUuid, NO_SHARES, smaller, subtract, uuid5, type Amount, type Clock } from '#kernel';
import type { StakingConfig } from '../config.js';
import { neededOf } from '../exit-queue/exit-queue.store.js';
import { behind, reservedForLeavers } from '../exit-queue/reserved.store.js';
import { SYSTEM } from '../history/history.store.js';
import { OrderPart } from '../orders/order.entity.js';
import { insertParts, lockOrders, updateOrders } from '../orders/orders.store.js';
import { freeQueue, waitingOf } from '../orders/waiting.store.js';
import { bunkerOf } from '../losses/bunker.js';
import { livingOf } from '../exits/validators.store.js';
import { openPartials } from '../partials/partials.store.js';
import { mayOnlyLeave, mergingKeys } from '../proposals/mergers.store.js';
import { priceOf } from '../pools/pool.js';
import { domainOf, lockPool, poolOf, savePool, type Held } from '../pools/pools.store.js';
import { chooseOperator, mayGrow } from '../operators/choosing.js';
import { RegisterService } from '../operators/register.service.js';
import type { Logger } from '#runtime';
import type { PoolRow } from '../pools/pool.entity.js';
import { productOfPool } from '../products/products.store.js';
import type { Register } from '../operators/operators.store.js';
import { CLOCK, CONFIG, LOGGER } from '../tokens.js';
import { allocate, BATCH, PREDEPOSIT, roomOf, topUpFor } from './batch.js';
import { requestData } from './batch-moves.store.js';
import { Batch } from './batch.entity.js';
import { batchesById, batchesIn, insertBatch, markOf, openBatches } from './batches.store.js';
import { Futile } from './futile.js';
import { OperatorChecks } from './operator-checks.service.js';

/** Forms batches: 32 ETH of what waits in the queue and in the pool's buffer. */
@Injectable()
export class AllocationService {
  private readonly futile = new Futile();

  constructor(
    private readonly transactor: Transactor,
    private readonly registers: RegisterService,
    private readonly operators: OperatorChecks,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Forms as many batches as there is money for, each in a transaction of its own. */
  async formAll(poolId: string): Promise<number> {
    for (let formed = 0; ; formed++) {
      const now = this.clock.now();
      const mark = await this.transactor.read((em) => markOf(em, poolId));
      if (this.futile.is(poolId, mark, now, this.config.RETRY_AFTER_MS)) return formed;
      const register = await this.transactor.read((em) => this.look(em, poolId));
      if (register !== null && (await this.transactor.run((em) => this.form(em, poolId, register)))) continue;
      this.futile.note(poolId, mark, now);
      return formed;
    }
  }

  /** Without the pool's lock: whether there may be enough for a batch; then who may take it, read for this one. */
  private async look(em: EntityManager, poolId: string): Promise<Register | null> {
    const [row, product] = [await poolOf(em, poolId), await productOfPool(em, poolId)];
    if (row === null || product === null || !isOpen(row)) return null;
    const least = row.credentialsType === 'compounding' ? PREDEPOSIT : BATCH;
    const missing = subtract(least, smaller(await freeBuffer(em, { row, product }), least));
    return (await freeQueue(em, poolId, missing)) < missing ? null : this.registers.register(em, product.asset);
  }

  private async form(em: EntityManager, poolId: string, register: Register): Promise<boolean> {
    const held = await lockPool(em, poolId);
    if (!isOpen(held.row)) return false;
    const free = await freeBuffer(em, held);
    const reserved = await reservedForLeavers(em, held, this.config, this.clock);
    const topUp = await this.topUp(em, held, free, reserved, register);
    const units = topUp?.amount ?? BATCH;
    const queued = await waitingOf(em, poolId, amount(reserved + subtract(units, smaller(free, units))));
    const waiting = behind(queued, reserved);
    const allocation = allocate(waiting, free, units);
    if (allocation === null) return false;
    const chosen = topUp ?? (await this.choose(em, held, register));
    if (chosen === null) return false;

    const at = this.clock.now();
    const batch = Object.assign(newBatch(held, allocation.fill, at), topUp && { kind: 'top_up' as const }, chosen);
    await insertBatch(em, batch);
    const parts = allocation.parts.map(({ orderId, amount: part }) =>
      em.create(OrderPart, {
        id: uuid5('part', orderId, batch.id),
        orderId,
        batchId: batch.id,
        amount: part,
        state: 'allocated',
        shares: NO_SHARES,
        version: 1,
      }),
    );
    await insertParts(em, parts);
    const taken = new Map(parts.map((p) => [p.orderId, p.amount]));
    const touched = await lockOrders(em, [...taken.keys()]);
    for (const order of touched) order.unallocated = amount(order.unallocated - (taken.get(order.id) ?? 0n));
    await updateOrders(em, touched);
    const pool = domainOf(held);
    await savePool(em, held.row, { ...pool, buffer: amount(pool.buffer - allocation.fill) });
    await requestData(em, held, batch, { at, actor: SYSTEM });
    return true;
  }

  /** A compounding pool fills its validators to their target before it opens another. */
  private async topUp(em: EntityManager, held: Held, free: Amount, reserved: Amount, register: Register): Promise<Grown | null> {
    const { row } = held;
    if (row.credentialsType !== 'compounding') return null;
    const open = await openBatches(em, row.id);
    const busy = new Set([
      ...open.map((b) => b.pubkey),
      ...(await openPartials(em, row.id)).map((p) => p.pubkey),
      ...(await mergingKeys(em, row.id)),
      ...(await mayOnlyLeave(em, row.id)),
    ]);
    const rooms = (await livingOf(em, row.id)).filter(
      (v) => v.state === 'active' && v.reported && v.credentialsType === 'compounding' && !busy.has(v.pubkey),
    );
    const queued = await freeQueue(em, row.id, amount(reserved + roomOf(rooms, row.targetBalance)));
    const there = free + larger<bigint>(queued - reserved, 0n);
    if (topUpFor(rooms, row.targetBalance, there) === null) return null;
    const field = await this.registers.field(em, row, register);
    for (const room of rooms) {
      const wish = topUpFor([room], row.targetBalance, there);
      const grown = wish && room.operatorId !== null ? mayGrow(field, room.operatorId, room, wish.amount) : null;
      if (grown !== null) return { pubkey: room.pubkey, operatorId: room.operatorId, ...grown };
    }
    return null;
  }

  /** Who runs the next validator; null where nobody may, and the money waits. */
  private async choose(em: EntityManager, held: Held, register: Register): Promise<Chosen | null> {
    const field = await this.registers.field(em, held.row, register);
    const choice = chooseOperator(field, BATCH);
    if (choice.ok) return choice.value;
    this.log.warn({ pool: held.row.id, code: choice.refusal.code, operators: choice.refusal.facts }, 'a full batch waits for an operator');
    return null;
  }

  /** Asks for what the signer refused before, and for the rest of what was proven. */
  async askAgain(poolId: string): Promise<void> {
    const waiting = await this.transactor.read((em) => batchesIn(em, poolId, ['allocated', 'proven']));
    for (const batch of waiting) {
      if (batch.retryAt !== null && batch.retryAt > this.clock.now()) continue;
      if (batch.state === 'allocated' && !(await this.operators.mayGoOn(batch))) continue;
      await this.transactor.run((em) => this.ask(em, batch));
    }
  }

  private async ask(em: EntityManager, { id, poolId, state, version }: Batch): Promise<void> {
    const held = await lockPool(em, poolId);
    const [batch] = await batchesById(em, [id]);
    if (batch?.state !== state || batch.version !== version) return;
    await requestData(em, held, batch, { at: this.clock.now(), actor: SYSTEM });
  }
}

interface Chosen {
  readonly operatorId: string;
  readonly allocation: object;
}
interface Grown {
  readonly pubkey: string;
  readonly operatorId: string | null;
  readonly amount: Amount;
  readonly allocation: object;
}

/** Its vault and its chain are known, and it is not in bunker: then what is queued waits, and the buffer is for those who leave. */
const isOpen = (row: PoolRow): boolean => row.withdrawalCredentials !== null && row.network !== null && bunkerOf(row) === null;

/** The buffer beyond what leavers wait for. */
export async function freeBuffer(em: EntityManager, held: Held): Promise<Amount> {
  const pool = domainOf(held);
  const needed = await neededOf(em, pool.id, priceOf(pool));
  return amount(pool.buffer > needed ? pool.buffer - needed : 0n);
}

const newBatch = ({ row, product }: Held, fill: Amount, at: Date): Batch =>
  Object.assign(new Batch(), {
    id: newUuid(),
    poolId: row.id,
    kind: 'validator',
    protection: product.depositProtection,
    state: 'allocated',
    amount: BATCH,
    fill,
    attempt: 1,
    retryAt: null,
    keyRequestId: null,
    pubkey: null,
    withdrawalCredentials: null,
    signature: null,
    depositDataRoot: null,
    keyPath: null,
    transactionRequestId: null,
    transactionHash: null,
    topUpKeyRequestId: null,
    topUpSignature: null,
    topUpDataRoot: null,
    topUpRequestId: null,
    topUpHash: null,
    reason: null,
    operatorId: null,
    allocation: null,
    createdAt: at,
    stateSince: at,
    version: 1,
  });
