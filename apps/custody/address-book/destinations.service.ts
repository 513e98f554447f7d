import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import type { Chain } from '#chains';
import { accept, newUuid, ok, publicId, refuse, type AssetCode, type Clock, type Result } from '#kernel';
import type { CustodyConfig } from '../config.js';
import { writeHistory } from '../history.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { walletAt } from '../wallets/wallets.store.js';
import { moveDestination } from './destination.js';
import type { DestinationEntity } from './destination.entity.js';
import { insertDestination, listedDestination, lockDestination, removeDestination } from './destinations.store.js';

export interface NewDestination {
  readonly chain: Chain;
  readonly asset: AssetCode;
  /** As typed; its checksum is checked. */
  readonly address: string;
  readonly label: string;
}

@Injectable()
export class DestinationsService {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: CustodyConfig,
  ) {}

  /** Puts an address on the client's list; one that is on it already is answered as it is. Refusals: address.malformed, address.checksum, address.own. */
  async add(
    em: EntityManager,
    clientId: string,
    wanted: NewDestination,
  ): Promise<Result<{ destination: DestinationEntity; added: boolean }>> {
    const parsed = wanted.chain.reader.parseAddress(wanted.address);
    if (!parsed.ok) return parsed;
    const address = parsed.value;
    if (await walletAt(em, wanted.chain.name, address))
      return refuse('address.own', 'This address belongs to the exchange; give one of your own.');
    const destination = this.make(clientId, wanted, address);
    if (!(await insertDestination(em, destination))) {
      const known = await listedDestination(em, { clientId, chain: wanted.chain.name, asset: wanted.asset, address });
      return known
        ? ok({ destination: known, added: false })
        : refuse('address_book.changed', 'The address book changed meanwhile. Try again.');
    }
    await this.note(em, clientId, destination, 'destination.add');
    return ok({ destination, added: true });
  }

  /** Refusal: not_found. Withdrawals accepted earlier are not undone. */
  async remove(em: EntityManager, clientId: string, id: string): Promise<Result<null>> {
    const destination = await lockDestination(em, clientId, id, 'pessimistic_write');
    if (!destination || destination.state === 'removed') return refuse('not_found', 'There is no such destination.');
    const state = accept(moveDestination(destination.state, 'remove'));
    await removeDestination(em, destination);
    await this.note(em, clientId, { ...destination, state, version: destination.version + 1 }, 'destination.remove');
    return ok(null);
  }

  private make(clientId: string, wanted: NewDestination, address: string): DestinationEntity {
    const createdAt = this.clock.now();
    const usableAt = new Date(createdAt.getTime() + this.config.coolDownMs);
    return {
      id: newUuid(),
      clientId,
      chain: wanted.chain.name,
      asset: wanted.asset,
      address,
      label: wanted.label,
      state: 'listed',
      version: 1,
      createdAt,
      usableAt,
    };
  }

  private async note(em: EntityManager, clientId: string, d: DestinationEntity, action: string): Promise<void> {
    await writeHistory(em, [
      { subject: 'destination', subjectId: d.id, version: d.version, state: d.state, at: this.clock.now(), actor: `client:${clientId}` },
    ]);
    await record(em, { actor: { kind: 'client', id: clientId }, action, resource: publicId('destination', d.id) });
  }
}
