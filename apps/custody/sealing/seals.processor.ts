import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import { invariant } from '#kernel';
import { isSealSignature, keepSealRefusal, keepSealSignature, listSeals } from '#ledger';
import { SealRefused, SealSigned, type SealRefusedV1, type SealSignedV1 } from '#messages';
import type { Logger } from '#runtime';
import { LOGGER } from '../tokens.js';

const bare = (hex: string): string => hex.slice(2);

/** The signer's answers to requests to sign a block. */
@Injectable()
export class SealsProcessor {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  /** Kept if it is a signature of the block as it stands now, by the key of the block before. */
  @Handles(SealSigned)
  async signed(em: EntityManager, { log, seq, ...signed }: SealSignedV1): Promise<void> {
    const [hash, signature, publicKey] = [bare(signed.hash), bare(signed.signature), bare(signed.publicKey)];
    const [block, before] = await listSeals(em, log, 2, (BigInt(seq) + 1n).toString());
    if (block?.seq !== seq || block.hash !== hash)
      return this.turnDown(em, {
        log,
        seq,
        hash: block?.seq === seq ? block.hash : hash,
        code: 'seal.altered',
        detail: 'The block was altered after its signature was asked for.',
      });
    if (before && before.public_key !== null && before.public_key !== publicKey)
      return this.turnDown(em, { log, seq, hash, code: 'seal.foreign_key', detail: 'Signed by another key than the block before.' });
    invariant(isSealSignature(block, signature, publicKey), 'seal.signature_invalid', { log, seq });
    await keepSealSignature(em, { log, seq, hash, signature, publicKey });
  }

  /** The signer remembers another past. */
  @Handles(SealRefused)
  refused(em: EntityManager, { hash, ...refused }: SealRefusedV1): Promise<void> {
    return this.turnDown(em, { ...refused, hash: bare(hash) });
  }

  private async turnDown(em: EntityManager, refusal: Parameters<typeof keepSealRefusal>[1]): Promise<void> {
    await keepSealRefusal(em, refusal);
    this.logger.error({ ...refusal }, 'ALARM: a seal was refused');
  }
}
