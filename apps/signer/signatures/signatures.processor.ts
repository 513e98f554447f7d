import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Handles } from '#delivery';
import { SignatureRequest, SignatureRequestV1 } from '#messages';
import { SignaturesService } from './signatures.service.js';

@Injectable()
export class SignaturesProcessor {
  constructor(private readonly signatures: SignaturesService) {}

  @Handles(SignatureRequest)
  request(em: EntityManager, request: SignatureRequestV1): Promise<void> {
    return this.signatures.decide(em, request);
  }
}
