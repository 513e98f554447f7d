import type { EntityManager } from 'typeorm';
import { money } from '#http';
import { amount, ZERO } from '#kernel';
import { balanceOf } from '#ledger';
import { livingOf } from '../exits/validators.store.js';
import type { Product } from '../products/product.entity.js';

/** What stands between a loss and the rate of a pool, and how much of it is left: for everybody who thinks of staking. */
export async function lossPolicyOf(em: EntityManager, { chain, asset, poolId }: Product): Promise<object> {
  const fund = amount(await balanceOf(em, { kind: 'cover.fund', owner: chain, asset }));
  const firstLoss = amount(await balanceOf(em, { kind: 'cover.first_loss', owner: chain, asset }));
  let bonds = ZERO;
  for (const operator of new Set((await livingOf(em, poolId)).flatMap((v) => v.operatorId ?? [])))
    bonds = amount(bonds + (await balanceOf(em, { kind: 'cover.operator_bond', owner: operator, asset })));
  return {
    waterfall: [
      'bond of the operator who lost it',
      'cover fund',
      'first loss of the treasury',
      'later rewards of the pool',
      'the rate of the pool',
    ],
    cover_left: money(asset, amount(fund + firstLoss + bonds)),
    cover: { operator_bonds: money(asset, bonds), cover_fund: money(asset, fund), first_loss: money(asset, firstLoss) },
    note:
      'Cover bears losses by slashing, as far as it goes; it is shared by the pools of a chain. What is left is carried by the pool and recovered by later rewards first; ' +
      'no commission is taken until then. Who leaves meanwhile bears their share. What is recovered later goes to those who held at the loss, also if they have left.',
  };
}
