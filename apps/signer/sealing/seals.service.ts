import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { emit } from '#delivery';
import type { Clock, Refusal } from '#kernel';
import { SealKey } from '#ledger';
import { SealRefused, SealSigned, type SealRequestV1 } from '#messages';
import type { Logger } from '#runtime';
import { CLOCK, LOGGER } from '../tokens.js';
import { decideSeal, type Position } from './seal.js';
import type { SealEntity } from './seal.entity.js';
import { insertRefusal, insertSeal, lastSeal, lockLog, sealAt } from './seals.store.js';

/** Signs each position of a log's chain of seals once, and remembers it: nobody gets a signature for another past. */
@Injectable()
export class SealsService implements OnApplicationBootstrap {
  constructor(
    private readonly key: SealKey,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Said where people can find it, so that they can check signatures with a key that they did not take from the database. */
  onApplicationBootstrap(): void {
    this.logger.info({ publicKey: this.key.publicKey, algorithm: 'ed25519' }, 'seals are signed by this key');
  }

  async decide(em: EntityManager, request: SealRequestV1): Promise<void> {
    await lockLog(em, request.log);
    const asked = { seq: BigInt(request.seq), previous: request.previous.slice(2), hash: request.hash.slice(2) };
    const [known, last] = [await sealAt(em, request.log, request.seq), await lastSeal(em, request.log)];
    const decided = decideSeal(asked, known && positionOf(known), last && positionOf(last));
    if (!decided.ok) return this.turnDown(em, request, asked, decided.refusal);
    return this.answer(em, known ?? (await this.sign(em, request, asked)));
  }

  private async sign(em: EntityManager, { log, seq }: SealRequestV1, { previous, hash }: Position): Promise<SealEntity> {
    const signature = this.key.sign({ log, seq, previous, hash });
    const seal = { log, seq, previous, hash, signature, publicKey: this.key.publicKey };
    await insertSeal(em, seal);
    return seal;
  }

  private answer(em: EntityManager, { log, seq, hash, signature, publicKey }: SealEntity): Promise<void> {
    const payload = { log, seq, hash: `0x${hash}`, signature: `0x${signature}`, publicKey: `0x${publicKey}` };
    return emit(em, SealSigned, { aggregate: `seal:${log}`, payload });
  }

  /** Recorded once; a signature is not, as a row in the audit log for each seal of the audit log would never come to an end. */
  private async turnDown(
    em: EntityManager,
    { log, seq, hash }: SealRequestV1,
    asked: Position,
    { code, detail, facts }: Refusal,
  ): Promise<void> {
    const { previous, hash: bare } = asked;
    if (await insertRefusal(em, { log, seq, previous, hash: bare, code, refusedAt: this.clock.now() }))
      await record(em, {
        actor: { kind: 'system', id: 'signer' },
        action: 'seal.refuse',
        resource: `seal:${log}:${seq}`,
        reason: code,
        details: { hash, ...facts },
      });
    this.logger.error({ log, seq, hash, code, ...facts }, 'ALARM: a seal does not continue what was signed before');
    await emit(em, SealRefused, { aggregate: `seal:${log}`, payload: { log, seq, hash, code, detail } });
  }
}

const positionOf = ({ seq, previous, hash }: SealEntity): Position => ({ seq: BigInt(seq), previous, hash });
