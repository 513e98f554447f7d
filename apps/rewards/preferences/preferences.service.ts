import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { type Answer, named, type Operation, type Reply, Requests, wireTime } from '#http';
import { asset, ok, parseDecimal, publicId, refuse, ZERO, type AssetCode, type Clock, type Result } from '#kernel';
import { allPools } from '../pools/pools.store.js';
import { CLOCK } from '../tokens.js';
import { Preference } from './preference.entity.js';
import type { PreferenceBody } from './preferences.dto.js';
import { lockPreference, preferencesOf, savePreference } from './preferences.store.js';

/** What clients want done with what they earn. It counts from the next run that is drawn up. */
@Injectable()
export class PreferencesService {
  constructor(
    private readonly transactor: Transactor,
    private readonly requests: Requests,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** One row for each asset that is paid out; where the client said nothing, what counts then. */
  list(clientId: string): Promise<object> {
    return this.transactor.read(async (em) => {
      const own = new Map((await preferencesOf(em, clientId)).map((preference) => [preference.asset, preference]));
      const paid = (await allPools(em)).flatMap((pool) => (pool.mode === 'payout' ? [pool.asset] : []));
      const assets = [...new Set([...paid, ...own.keys()])].sort();
      return { data: assets.map((code) => preferenceView(code, own.get(code) ?? null)) };
    });
  }

  /** Refusals: preference.unknown_asset, preference.product_missing, preference.product_unknown, preference.changed, those of parseDecimal. */
  put(clientId: string, body: PreferenceBody, operation: Operation): Promise<Answer> {
    return this.requests.once(operation, async (em): Promise<Result<Reply>> => {
      const wanted = await this.read(em, clientId, body);
      if (!wanted.ok) return wanted;
      const before = await lockPreference(em, clientId, wanted.value.asset);
      const version = before?.version ?? 0;
      if (body.version !== undefined && body.version !== version)
        return refuse('preference.changed', 'Your preference is not the one that was looked at.', { version });
      const preference = { ...wanted.value, clientId, changedAt: this.clock.now(), version: version + 1 };
      await savePreference(em, preference);
      await record(em, {
        actor: { kind: 'client', id: clientId },
        action: 'preference.change',
        resource: publicId('client', clientId),
        details: { ...wanted.value, version: preference.version },
      });
      return ok({ status: 200, body: preferenceView(preference.asset, preference) });
    });
  }

  private async read(
    em: EntityManager,
    clientId: string,
    body: PreferenceBody,
  ): Promise<Result<Pick<Preference, 'asset' | 'mode' | 'productId' | 'minimum'>>> {
    const pools = await allPools(em);
    const code = pools.find((pool) => pool.mode === 'payout' && pool.asset === body.asset)?.asset;
    if (code === undefined) return refuse('preference.unknown_asset', 'No product pays this asset out.', { asset: body.asset });
    const minimum = body.min_amount === undefined ? ok(ZERO) : parseDecimal(asset(code), body.min_amount);
    if (!minimum.ok) return minimum;
    if ((body.mode === 'restake') !== (body.product_id !== undefined))
      return refuse('preference.product_missing', 'To restake, and only then, say into which product.');
    const productId = body.product_id ?? null;
    const theirs = pools.filter((pool) => !pool.dedicated || pool.clientId === clientId); // nobody is told that another has a pool of its own
    if (productId !== null && !theirs.some((pool) => pool.productId === productId && pool.asset === code))
      return refuse('preference.product_unknown', 'There is no such product of this asset.', { product_id: productId });
    return ok({ asset: code, mode: body.mode, productId, minimum: minimum.value });
  }
}

const preferenceView = (code: AssetCode, preference: Preference | null) => ({
  asset: code,
  mode: preference?.mode ?? 'payout',
  product_id: preference?.productId ?? null,
  ...named('min_amount', code, preference?.minimum ?? ZERO),
  version: preference?.version ?? 0,
  changed_at: wireTime(preference?.changedAt),
});
