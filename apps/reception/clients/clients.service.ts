import { Inject, Injectable } from '@nestjs/common';
import { record } from '#audit';
import { Transactor } from '#database';
import { emit } from '#delivery';
import { type Answer, type ClientCaller, type Operation, Requests } from '#http';
import { type Clock, InvariantBroken, newUuid, ok, publicId, timestamp } from '#kernel';
import { ClientRegistered } from '#messages';
import { appendEvent } from '../events/events.store.js';
import { mintKey } from '../keys/api-key.js';
import { KeysService, keyView, withSecret } from '../keys/keys.service.js';
import { keysOf } from '../keys/keys.store.js';
import { standingView } from '../standing/standing.dto.js';
import { standingOf } from '../standing/standing.store.js';
import { CLOCK } from '../tokens.js';
import type { ClientView, MeView, SignedUpView } from './clients.dto.js';
import { addClient, type ClientRow, findClient } from './clients.store.js';

const clientView = (client: ClientRow) =>
  ({
    id: publicId('client', client.id),
    reference: client.reference,
    created_at: timestamp(client.createdAt),
  }) satisfies ClientView;

@Injectable()
export class ClientsService {
  constructor(
    @Inject(Transactor) private readonly transactor: Transactor,
    @Inject(Requests) private readonly requests: Requests,
    @Inject(KeysService) private readonly keys: KeysService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** A new client that may do nothing yet, and its first key. Compliance opens its standing when it hears of it. */
  async signUp(operation: Operation, reference: string | null): Promise<Answer> {
    let secret: string | null = null;
    const reply = await this.requests.once(operation, async (em) => {
      const client = { id: newUuid(), reference, createdAt: this.clock.now() };
      const resource = publicId('client', client.id);
      await addClient(em, client);
      await appendEvent(em, {
        clientId: client.id,
        id: newUuid(),
        type: 'client.registered',
        resource,
        data: { reference },
        at: client.createdAt,
      });
      await record(em, { actor: { kind: 'client', id: client.id }, action: 'client.register', resource });
      const minted = mintKey();
      const key = await this.keys.open(em, client.id, 'first key', minted);
      await emit(em, ClientRegistered, { aggregate: client.id, payload: { clientId: client.id } });
      secret = minted.secret;
      const view: SignedUpView = { ...clientView(client), key_id: publicId('apiKey', key.id), api_key: null };
      return ok({ status: 201, body: view, headers: { location: '/v1/me' } });
    });
    return withSecret(reply, secret);
  }

  me(caller: ClientCaller): Promise<MeView> {
    return this.transactor.read(async (em) => {
      const client = await findClient(em, caller.clientId);
      if (!client) throw new InvariantBroken('client.absent', { clientId: caller.clientId });
      return {
        ...clientView(client),
        standing: standingView(await standingOf(em, client.id)),
        keys: (await keysOf(em, client.id)).map((key) => keyView(key, this.clock.now())),
        current_key_id: publicId('apiKey', caller.keyId),
      };
    });
  }
}
