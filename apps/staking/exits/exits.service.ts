import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Chain } from '#chains';
import { Transactor } from '#database';
import { emit } from '#delivery';
import { invariant, smaller, subtract, uuid5, type Amount, type Clock } from '#kernel';
import { TransactionRequest, type TransactionFinalisedV1, type TransactionRefusedV1, type TransactionSignedV1 } from '#messages';
import type { StakingConfig } from '../config.js';
import { markSent, saveCover, tellCovered } from '../exit-queue/exit-cover.store.js';
import { fixedOf } from '../exit-queue/exit-queue.store.js';
import { SYSTEM, writeHistory } from '../history/history.store.js';
import { step, type Why } from '../orders/order-moves.store.js';
import { exitOrder } from '../operators/exit-order.js';
import { burdensOf } from '../operators/operators.store.js';
import { sizeOf } from '../operators/size.js';
import { askOf } from '../partials/partial-withdrawal.js';
import { openPartials } from '../partials/partials.store.js';
import { PartialsService } from '../partials/partials.service.js';
import { growingKeys, mayOnlyLeave, mergersOf } from '../proposals/mergers.store.js';
import { lockPool, type Held } from '../pools/pools.store.js';
import { transactionRequest } from '../transactions/transaction-request.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { cover, mustGrowUp, validatorMachine, type Source, type ValidatorEvent } from './validator.js';
import { Validator } from './validator.entity.js';
import { livingOf, saveValidator, validatorByExit } from './validators.store.js';

/** Asks compounding validators for what they have above 32 ETH, and makes whole ones leave when leavers wait for more than the buffer and what is leaving already. */
@Injectable()
export class ExitsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly partials: PartialsService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
  ) {}

  async schedule(poolId: string, chain: Chain): Promise<void> {
    if (!(await this.transactor.read((em) => this.isAnythingDue(em, poolId)))) return;
    const [network, checkpoint] = [await chain.staking.network(), await chain.staking.checkpoint()];
    const grownUp = checkpoint.epoch - network.shardCommitteePeriod;
    await this.transactor.run((em) => this.coverQueue(em, poolId, grownUp));
  }

  /** Somebody waits; or one that was to leave was refused, and is asked for again whoever waits. */
  private async isAnythingDue(em: EntityManager, poolId: string): Promise<boolean> {
    return (await fixedOf(em, poolId)) > 0n || em.existsBy(Validator, { poolId, state: 'exit_refused' });
  }

  private async coverQueue(em: EntityManager, poolId: string, grownUp: bigint): Promise<void> {
    const held = await lockPool(em, poolId);
    const why = this.why();
    const needed = await fixedOf(em, poolId);
    const validators = await livingOf(em, poolId);
    const mergers = await mergersOf(em, poolId);
    // a slashed one pays weeks later, and who knows what; one that is merged pays nothing: nobody's exit waits for them
    const gone = validators.filter((v) => v.state !== 'active' && v.state !== 'slashed' && !mergers.has(v.pubkey));
    const [leaving, late] = [gone.filter((v) => !mustGrowUp(v, grownUp)), gone.filter((v) => mustGrowUp(v, grownUp))];
    const partials = await openPartials(em, poolId);
    const busy = new Set([...partials.map((p) => p.pubkey), ...(await growingKeys(em, poolId)), ...[...mergers].flat()]);
    const eligible = validators.filter((v) => v.state === 'active' && v.reported && v.activationEpoch <= grownUp && !busy.has(v.pubkey));
    const coming = partials.filter((p) => p.purpose === 'principal').map((p) => partly(p.pubkey, subtract(p.amount, p.received)));
    const reach = [...coming, ...leaving].reduce<bigint>((sum, source) => sum + smaller(source.principal, source.booked), held.row.buffer);
    const barred = await mayOnlyLeave(em, poolId);
    const asked = askOf(
      eligible.filter((v) => v.credentialsType === 'compounding' && !barred.has(v.pubkey)),
      needed - reach,
    );
    const asking = new Set(asked.map((a) => a.pubkey));
    const { exits, used } = cover(
      held.row.buffer,
      needed,
      [...coming, ...asked.map((a) => partly(a.pubkey, a.amount)), ...leaving],
      await this.order(
        em,
        held,
        eligible.filter((v) => !asking.has(v.pubkey)),
      ),
      late,
    );

    const byKey = new Map(validators.map((v) => [v.pubkey, v]));
    for (const { pubkey, amount: units } of asked) {
      const validator = byKey.get(pubkey);
      if (validator) await this.partials.request(em, held, validator, 'principal', units);
    }
    const due = leaving.filter((v) => v.state === 'exit_refused' && (v.retryAt === null || v.retryAt <= why.at));
    for (const validator of [...exits.flatMap((pubkey) => byKey.get(pubkey) ?? []), ...due]) await this.request(em, held, validator, why);
    const sent = [
      ...validators.filter((v) => v.state === 'exit_sent' || v.state === 'exiting'),
      ...partials.filter((p) => p.state === 'sent' && p.purpose === 'principal'),
    ];
    await saveCover(em, poolId, held.row.buffer, used, new Set(sent.map((source) => source.pubkey)));
    await tellCovered(em, poolId, why);
  }

  /** Who leaves first when somebody must: see operators/exit-order.ts. */
  private async order(em: EntityManager, { row }: Held, eligible: readonly Validator[]): Promise<Validator[]> {
    if (eligible.length < 2) return [...eligible];
    const operators = await burdensOf(em, row.id, this.clock.now());
    const leaving = eligible.map((validator) => ({ ...validator, stake: validator.principal, validator }));
    return exitOrder(leaving, operators, sizeOf(row)).map(({ validator }) => validator);
  }

  /** Makes these leave though nobody's exit needs them. The caller holds the pool, and nothing else is under way with them. */
  async leave(em: EntityManager, held: Held, pubkeys: readonly string[], why: Why): Promise<void> {
    const wanted = new Set(pubkeys);
    for (const validator of await livingOf(em, held.row.id))
      if (wanted.has(validator.pubkey) && validator.state === 'active') await this.request(em, held, validator, why);
  }

  private async request(em: EntityManager, { product }: Held, validator: Validator, why: Why): Promise<void> {
    validator.attempt += 1;
    validator.retryAt = null;
    validator.exitSentEpoch = null;
    validator.exitRequestId = uuid5('exit_request', validator.pubkey, String(validator.attempt));
    await this.move(em, validator, 'request_exit', why);
    await emit(em, TransactionRequest, {
      aggregate: validator.pubkey,
      payload: transactionRequest({
        requestId: validator.exitRequestId,
        chain: product.chain,
        purpose: 'exit_request',
        poolId: validator.poolId,
        asset: product.asset,
        amount: '0',
        pubkey: validator.pubkey,
      }),
    });
  }

  async signed(em: EntityManager, message: TransactionSignedV1): Promise<void> {
    const validator = await this.held(em, message.requestId);
    if (validator === null) return;
    validator.exitTransactionHash = message.transactionHash;
    await saveValidator(em, validator);
  }

  /** The request is on chain for good. Whether the protocol heeds it is seen by the watch. */
  async finalised(em: EntityManager, message: TransactionFinalisedV1): Promise<void> {
    const validator = await this.held(em, message.requestId);
    if (validator === null) return;
    validator.exitTransactionHash = message.transactionHash;
    if (validator.state !== 'exit_requested') return saveValidator(em, validator); // the chain was quicker than the news
    const why = { ...this.why(), transactionHash: message.transactionHash };
    if (!message.succeeded) return this.putOff(em, validator, 'transaction.reverted');
    await this.move(em, validator, 'send', why);
    await this.unbond(em, validator, why);
  }

  async refused(em: EntityManager, message: TransactionRefusedV1): Promise<void> {
    const validator = await this.held(em, message.requestId);
    if (validator?.state === 'exit_requested') await this.putOff(em, validator, message.code);
  }

  /** To be asked for again a little later. */
  async putOff(em: EntityManager, validator: Validator, reason: string): Promise<void> {
    const later = this.clock.now();
    later.setTime(later.getTime() + this.config.RETRY_AFTER_MS);
    validator.retryAt = later;
    await this.move(em, validator, 'refuse', { ...this.why(), reason });
  }

  /** Orders that wait for this validator: it is leaving. */
  async unbond(em: EntityManager, validator: Validator, why: Why): Promise<void> {
    await markSent(em, validator.poolId, validator.pubkey);
    await tellCovered(em, validator.poolId, why);
  }

  async move(em: EntityManager, validator: Validator, event: ValidatorEvent, why: Why): Promise<void> {
    const history = step(validatorMachine, 'validator', validator, validator.pubkey, event, why);
    await saveValidator(em, validator);
    await writeHistory(em, [history]);
  }

  why(): Why {
    return { at: this.clock.now(), actor: SYSTEM };
  }

  /** The validator of a request, under the pool's lock; null when a later request has taken this one's place. */
  private async held(em: EntityManager, requestId: string): Promise<Validator | null> {
    const seen = await validatorByExit(em, requestId);
    if (seen === null) return null;
    await lockPool(em, seen.poolId);
    const validator = await validatorByExit(em, requestId);
    invariant(validator === null || validator.pubkey === seen.pubkey, 'exit.request_moved', { request: requestId });
    return validator;
  }
}

/** A validator that pays out a part and lives on. */
const partly = (pubkey: string, units: Amount): Source => ({ pubkey, principal: units, booked: units });
