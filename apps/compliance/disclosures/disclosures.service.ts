import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { emit } from '#delivery';
import { accept, type Clock, newUuid, ok, publicId, refuse, type Result, uuid5 } from '#kernel';
import { type DisclosureAcceptedV1, DisclosureAcknowledged, DisclosurePublished } from '#messages';
import { FieldCipher } from '../personal-data/field-cipher.js';
import { CLOCK, SETTINGS, type Settings } from '../ports.js';
import { parseDisclosure, PRODUCT_ID } from './disclosure.js';
import { AcknowledgementRow, DisclosureRow } from './disclosure.entity.js';
import { directAcknowledgement, disclosureInForce, findDisclosure, insertAcknowledgement, insertDisclosure } from './disclosure.store.js';

export interface Acknowledgement {
  readonly clientId: string;
  readonly productId: string;
  readonly version: number;
  readonly hash: string;
  readonly ip: string;
  readonly userAgent: string;
}

@Injectable()
export class DisclosuresService implements OnModuleInit {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly cipher: FieldCipher,
    private readonly transactor: Transactor,
  ) {}

  /** Publishes the texts that this room ships, `<product>.md` each. A text that lacks a section stops the start. */
  async onModuleInit(): Promise<void> {
    const folder = this.settings.disclosuresFolder;
    for (const name of (await readdir(folder)).filter((file) => file.endsWith('.md')).sort()) {
      const text = await readFile(join(folder, name), 'utf8');
      await this.transactor.run(async (em) => accept(await this.publish(em, name.slice(0, -'.md'.length), text)));
    }
  }

  /** A changed text is a new version, and what was acknowledged before no longer counts; the same text again changes nothing. */
  async publish(em: EntityManager, productId: string, text: string): Promise<Result<DisclosureRow>> {
    if (!PRODUCT_ID.test(productId)) return refuse('disclosure.malformed', 'A product id is lower-case letters, digits and hyphens.');
    const parsed = parseDisclosure(text);
    if (!parsed.ok) return parsed;
    await em.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`disclosure ${productId}`]);
    const hash = createHash('sha256').update(text).digest('hex');
    const current = await disclosureInForce(em, productId);
    if (current?.hash === hash) return ok(current);
    const row = Object.assign(new DisclosureRow(), {
      productId,
      version: (current?.version ?? 0) + 1,
      hash,
      text,
      publishedAt: this.clock.now(),
    });
    await insertDisclosure(em, row);
    await record(em, {
      actor: { kind: 'system', id: 'compliance' },
      action: 'disclosure.publish',
      resource: `disclosure_${productId}_${row.version}`,
      details: { product: productId, version: row.version, sha256: hash },
    });
    await emit(em, DisclosurePublished, { aggregate: productId, payload: { productId, version: row.version, hash: `0x${hash}` } });
    return ok(row);
  }

  /** Refusals: `disclosure.unknown`, `disclosure.not_current`, `disclosure.hash_mismatch`. Twice is once. */
  async acknowledge(em: EntityManager, given: Acknowledgement): Promise<Result<{ row: AcknowledgementRow; isNew: boolean }>> {
    const { clientId, productId, version } = given;
    const current = await disclosureInForce(em, productId);
    if (!current) return refuse('disclosure.unknown', 'There is no disclosure for this product.');
    if (current.version !== version) {
      return refuse('disclosure.not_current', 'Another version of this disclosure is in force.', {
        version: current.version,
        path: pathOf(productId),
      });
    }
    if (current.hash !== given.hash)
      return refuse('disclosure.hash_mismatch', 'The hash is not that of this version.', { path: pathOf(productId) });
    const id = newUuid();
    const row = Object.assign(new AcknowledgementRow(), {
      id,
      clientId,
      productId,
      version,
      hash: current.hash,
      channel: 'direct',
      operationId: null,
      ip: this.cipher.seal(evidencePlace(id, 'ip'), given.ip),
      userAgent: this.cipher.seal(evidencePlace(id, 'user_agent'), given.userAgent),
      at: this.clock.now(),
    });
    if (!(await insertAcknowledgement(em, row)))
      return ok({ row: await directAcknowledgement(em, { clientId, productId, version }), isNew: false });
    await this.register(em, row);
    await emit(em, DisclosureAcknowledged, { aggregate: clientId, payload: { clientId, productId, version, hash: `0x${current.hash}` } });
    return ok({ row, isNew: true });
  }

  /** An order carried it: the register keeps it beside the direct ones. */
  async registerAccepted(em: EntityManager, accepted: DisclosureAcceptedV1): Promise<void> {
    const { clientId, operationId, productId, version } = accepted;
    const row = Object.assign(new AcknowledgementRow(), {
      id: uuid5('acknowledgement', operationId, productId, String(version)),
      clientId,
      productId,
      version,
      hash: accepted.hash.replace(/^0x/, ''),
      channel: 'order',
      operationId,
      ip: null,
      userAgent: null,
      at: this.clock.now(),
    });
    if (await insertAcknowledgement(em, row)) await this.register(em, row);
  }

  private async register(em: EntityManager, row: AcknowledgementRow): Promise<void> {
    const document = await findDisclosure(em, row.productId, row.version);
    await record(em, {
      actor: { kind: 'client', id: row.clientId },
      action: 'disclosure.acknowledge',
      resource: publicId('client', row.clientId),
      details: {
        product: row.productId,
        version: row.version,
        sha256: row.hash,
        published: document?.hash === row.hash,
        channel: row.channel,
        operation: row.operationId === null ? null : publicId('operation', row.operationId),
      },
    });
  }
}

export const pathOf = (productId: string): string => `/v1/compliance/disclosures/${productId}`;
export const evidencePlace = (id: string, field: 'ip' | 'user_agent'): string => `acknowledgement/${id}/${field}`;
