import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Handles } from '#delivery';
import { asset, formatDecimal, publicId, uuid5 } from '#kernel';
import { RestakeRequest, type RestakeRequestV1 } from '#messages';
import { PlacementService } from './placement.service.js';

/** What a client's standing instruction restakes is an ordinary order: it may be refused like any other, and the money stays available. */
@Injectable()
export class RestakeProcessor {
  constructor(private readonly placements: PlacementService) {}

  @Handles(RestakeRequest)
  async restake(em: EntityManager, { lineId, clientId, productId, asset: code, amount }: RestakeRequestV1): Promise<void> {
    const id = uuid5('restake', lineId);
    const placed = await this.placements.instructed(em, {
      type: 'stake',
      clientId,
      operation: { id, requestHash: uuid5('restake-request', lineId) },
      body: { product_id: productId, amount: formatDecimal(asset(code), BigInt(amount)), client_ref: `restake ${lineId}` },
    });
    if (placed.ok) return;
    const { code: refusal } = placed.refusal;
    await record(em, {
      actor: { kind: 'client', id: clientId },
      action: 'restake.refuse',
      resource: publicId('operation', id),
      reason: refusal,
      details: { product: productId, amount_atomic: amount },
    });
  }
}
