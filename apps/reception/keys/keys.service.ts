import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { type Answer, answer, Requests, type ClientCaller, type Operation } from '#http';
import { accept, type Clock, newUuid, ok, publicId, refuse, type Result, timestamp, uuidOf } from '#kernel';
import { appendEvent } from '../events/events.store.js';
import { CLOCK } from '../tokens.js';
import { type MintedKey, mintKey, MOST_KEYS } from './api-key.js';
import type { CreatedKeyView, KeyView } from './keys.dto.js';
import { addKey, type KeyRow, keysOf, lockClient, revokeKey } from './keys.store.js';

export const keyView = (key: KeyRow) =>
  ({
    id: publicId('apiKey', key.id),
    label: key.label,
    hint: key.hint,
    state: key.revokedAt ? 'revoked' : 'active',
    created_at: timestamp(key.createdAt),
    revoked_at: key.revokedAt ? timestamp(key.revokedAt) : null,
  }) satisfies KeyView;

/** The stored answer of a request never holds a secret; the caller that made the key gets it once. */
export const withSecret = (reply: Answer, secret: string | null): Answer =>
  secret === null || reply.isProblem || reply.headers['idempotent-replayed'] !== undefined
    ? reply
    : answer({ status: reply.status, headers: reply.headers, body: { ...(reply.body as object), api_key: secret } });

@Injectable()
export class KeysService {
  constructor(
    @Inject(Transactor) private readonly transactor: Transactor,
    @Inject(Requests) private readonly requests: Requests,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  list(clientId: string): Promise<KeyView[]> {
    return this.transactor.read(async (em) => (await keysOf(em, clientId)).map(keyView));
  }

  async create(caller: ClientCaller, operation: Operation, label: string): Promise<Answer> {
    let secret: string | null = null;
    const reply = await this.requests.once(operation, async (em) => {
      await lockClient(em, caller.clientId);
      const active = (await keysOf(em, caller.clientId)).filter((key) => !key.revokedAt);
      if (active.length >= MOST_KEYS) return refuse('key.too_many', `A client has at most ${MOST_KEYS} active keys. Revoke one first.`);
      const minted = mintKey();
      const key = await this.open(em, caller.clientId, label, minted);
      secret = minted.secret;
      const view: CreatedKeyView = { ...keyView(key), api_key: null };
      return ok({ status: 201, body: view, headers: { location: `/v1/keys/${view.id}` } });
    });
    return withSecret(reply, secret);
  }

  /** Adds a key to a client, in the caller's transaction. */
  async open(em: EntityManager, clientId: string, label: string, minted: MintedKey): Promise<KeyRow> {
    const [id, at] = [newUuid(), this.clock.now()];
    await addKey(em, { id, clientId, label, minted, at });
    await appendEvent(em, {
      clientId,
      id: newUuid(),
      type: 'key.created',
      resource: publicId('apiKey', id),
      data: { label, hint: minted.hint },
      at,
    });
    await record(em, { actor: { kind: 'client', id: clientId }, action: 'key.create', resource: publicId('apiKey', id) });
    return { id, label, hint: minted.hint, createdAt: at, revokedAt: null, version: 1 };
  }

  /** Binds with its commit: every room asks at every request. Throws Refused: not_found, key.last, key.already_revoked. */
  async revoke(caller: ClientCaller, keyId: string): Promise<KeyView> {
    return this.transactor.run(async (em) => accept(await this.revokeLocked(em, caller, keyId)));
  }

  private async revokeLocked(em: EntityManager, caller: ClientCaller, keyId: string): Promise<Result<KeyView>> {
    await lockClient(em, caller.clientId);
    const keys = await keysOf(em, caller.clientId);
    const key = keys.find((one) => one.id === uuidOf('apiKey', keyId));
    if (!key) return refuse('not_found', 'You have no key with this id.');
    if (key.revokedAt) return refuse('key.already_revoked', 'This key no longer opens anything.', { revokedAt: timestamp(key.revokedAt) });
    if (keys.filter((one) => !one.revokedAt).length === 1) {
      return refuse('key.last', 'Without a key nobody could act for this client. Create another one first, then revoke this one.');
    }
    const at = this.clock.now();
    const resource = publicId('apiKey', key.id);
    await revokeKey(em, { id: key.id, version: key.version, actor: caller.clientId, at });
    await appendEvent(em, {
      clientId: caller.clientId,
      id: newUuid(),
      type: 'key.revoked',
      resource,
      data: { label: key.label, hint: key.hint },
      at,
    });
    await record(em, { actor: { kind: 'client', id: caller.clientId }, action: 'key.revoke', resource });
    return ok(keyView({ ...key, revokedAt: at, version: key.version + 1 }));
  }
}
