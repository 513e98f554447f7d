import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { type Answer, answer, Requests, type ClientCaller, type Operation } from '#http';
import { accept, type Clock, newUuid, ok, publicId, refuse, type Result, timestamp, uuidOf } from '#kernel';
import { appendEvent } from '../events/events.store.js';
import { CLOCK } from '../tokens.js';
import { allowed, type KeyTerms, mintKey, MOST_KEYS, type NewKey, signingKey, stateOf } from './api-key.js';
import type { CreatedKeyView, KeyView, NewKeyDto } from './keys.dto.js';
import { addKey, isPublicKeyTaken, type KeyRow, keysOf, lockClient, revokeKey } from './keys.store.js';

export const keyView = (key: KeyRow, now: Date) =>
  ({
    id: publicId('apiKey', key.id),
    label: key.label,
    kind: key.signs ? 'signature' : 'secret',
    hint: key.hint,
    scopes: key.scopes,
    state: stateOf(key, now),
    created_at: timestamp(key.createdAt),
    expires_at: key.expiresAt ? timestamp(key.expiresAt) : null,
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
    return this.transactor.read(async (em) => (await keysOf(em, clientId)).map((key) => keyView(key, this.clock.now())));
  }

  async create(caller: ClientCaller, operation: Operation, dto: NewKeyDto): Promise<Answer> {
    const minted = dto.public_key === undefined ? mintKey(termsOf(dto, caller)) : null;
    let fresh = false;
    const reply = await this.requests.once(operation, async (em) => {
      await lockClient(em, caller.clientId);
      const now = this.clock.now();
      const keys = await keysOf(em, caller.clientId);
      const own = keys.find((key) => key.id === caller.keyId);
      // it may have been revoked while this request waited for its turn
      if (!own || stateOf(own, now) !== 'active') return refuse('auth.invalid', 'The key that asks has been revoked, or has expired.');
      const active = keys.filter((key) => stateOf(key, now) === 'active');
      if (active.length >= MOST_KEYS) return refuse('key.too_many', `A client has at most ${MOST_KEYS} active keys. Revoke one first.`);
      const made = minted === null ? await this.signing(em, dto, caller) : ok(minted);
      if (!made.ok) return made;
      accept(allowed(made.value, own, now));
      const key = await this.open(em, caller.clientId, dto.label ?? 'API key', made.value);
      fresh = true;
      const view: CreatedKeyView = { ...keyView(key, now), api_key: null };
      return ok({ status: 201, body: view, headers: { location: `/v1/keys/${view.id}` } });
    });
    return withSecret(reply, fresh && minted !== null ? minted.secret : null);
  }

  private async signing(em: EntityManager, dto: NewKeyDto, caller: ClientCaller): Promise<Result<NewKey>> {
    const made = signingKey(dto.public_key ?? '', termsOf(dto, caller));
    if (made.ok && made.value.publicKey !== null && (await isPublicKeyTaken(em, made.value.publicKey)))
      return refuse('key.public_key_taken', 'This public key is registered already. Make a new pair for each key.');
    return made;
  }

  /** Adds a key to a client, in the caller's transaction. */
  async open(em: EntityManager, clientId: string, label: string, made: NewKey): Promise<KeyRow> {
    const [id, at] = [newUuid(), this.clock.now()];
    await addKey(em, { id, clientId, label, made, at });
    await appendEvent(em, {
      clientId,
      id: newUuid(),
      type: 'key.created',
      resource: publicId('apiKey', id),
      data: { label, hint: made.hint, scopes: made.scopes },
      at,
    });
    await record(em, { actor: { kind: 'client', id: clientId }, action: 'key.create', resource: publicId('apiKey', id) });
    const { hint, expiresAt } = made;
    return {
      id,
      label,
      hint,
      scopes: [...made.scopes],
      signs: made.publicKey !== null,
      createdAt: at,
      expiresAt,
      revokedAt: null,
      version: 1,
    };
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
    const at = this.clock.now();
    const others = keys.filter((one) => one.id !== key.id && stateOf(one, at) === 'active' && replaces(one, key));
    if (others.length === 0) {
      return refuse(
        'key.last',
        'No lasting key would be left that may make keys and do what this one may. Create such a key first, then revoke this one.',
      );
    }
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
    return ok(keyView({ ...key, revokedAt: at, version: key.version + 1 }, at));
  }
}

/** Nobody can give back what no key has any more: so one that lasts, may make keys and may do all of it must stay. */
const replaces = (one: KeyRow, gone: KeyRow): boolean =>
  one.expiresAt === null && one.scopes.includes('account') && gone.scopes.every((scope) => one.scopes.includes(scope));

/** Where nothing is said, a key may do what the key may that makes it. */
const termsOf = (dto: NewKeyDto, caller: ClientCaller): KeyTerms => ({
  scopes: dto.scopes ?? caller.scopes,
  expiresAt: dto.expires_at === undefined ? null : new Date(dto.expires_at),
});
