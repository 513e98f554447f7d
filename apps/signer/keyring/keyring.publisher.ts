import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { record } from '#audit';
import { Transactor } from '#database';
import { emit } from '#delivery';
import { Fault, type Clock } from '#kernel';
import { KeyringPublished } from '#messages';
import { CLOCK } from '../tokens.js';
import { Keyring } from './keyring.service.js';
import { insertKeyrings, lockKeyrings } from './keyring.store.js';

/**
 * Tells custody the extended public keys once. A seed that gives others than those published is not this exchange's seed: Fault
 * `keystore.foreign_seed`, and the signer does not start.
 */
@Injectable()
export class KeyringPublisher implements OnApplicationBootstrap {
  constructor(
    private readonly transactor: Transactor,
    private readonly keyring: Keyring,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.publish();
  }

  /** True when something new was told. */
  publish(): Promise<boolean> {
    return this.transactor.run(async (em) => {
      const known = await lockKeyrings(em);
      const keyrings = this.keyring.published();
      for (const { chain, role, path, xpub } of known) {
        if (keyrings.some((ours) => ours.chain === chain && ours.role === role && ours.path === path && ours.xpub === xpub)) continue;
        throw new Fault(
          'keystore.foreign_seed',
          `The keystore is not the one that this database's ${role} addresses were made from. Give the signer its own keystore back.`,
          false,
        );
      }
      const fresh = keyrings.filter((ours) => !known.some(({ chain, role }) => ours.chain === chain && ours.role === role));
      if (fresh.length === 0) return false;
      await insertKeyrings(
        em,
        fresh.map((ours) => ({ ...ours, publishedAt: this.clock.now() })),
      );
      await record(em, {
        actor: { kind: 'system', id: 'signer' },
        action: 'keyring.publish',
        resource: 'keyring:ethereum',
        details: { roles: fresh.map((ours) => ours.role) },
      });
      await emit(em, KeyringPublished, { aggregate: 'keyring', payload: { keyrings: fresh } });
      return true;
    });
  }
}
