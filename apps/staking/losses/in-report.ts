/**
 * What a report's transaction asks of this feature, under the pool's lock. In this order: `requireWatched` and `coversOf` before the report is worked out, `keepLoss`
 * once its rewards and losses are known and before anything of holders, exits and mints is written: it reads who held when the loss fell.
 */
import type { EntityManager } from 'typeorm';
import { amount, larger, ZERO, type Amount } from '#kernel';
import { balanceOf } from '#ledger';
import { Validator } from '../exits/validator.entity.js';
import type { Held } from '../pools/pools.store.js';
import { enterBunker } from './bunker.store.js';
import { isBeyond } from './bunker.js';
import { lockCover } from './covers.store.js';
import { addToLoss, incidentOfLoss, insertLoss, knownLossOf, type Kept } from './losses.store.js';
import type { ReportLoss } from './report-loss.js';
import { NO_COVER, type Covers } from './waterfall.js';

export { requireWatched } from './slashing.js';
export type { ReportLoss } from './report-loss.js';

/**
 * What may bear the losses of the pool's slashed validators: nothing where none is slashed. Nobody else of this room takes from the covers of
 * the chain until the transaction ends.
 */
export async function coversOf(em: EntityManager, { row, product }: Held): Promise<Covers> {
  const slashed = await em.findBy(Validator, { poolId: row.id, state: 'slashed' });
  if (slashed.length === 0) return NO_COVER;
  await lockCover(em, product.chain);
  const { chain, asset } = product;
  const bonds = new Map<string, Amount>();
  for (const operator of new Set(slashed.flatMap((v) => v.operatorId ?? [])))
    bonds.set(operator, amount(await balanceOf(em, { kind: 'cover.operator_bond', owner: operator, asset })));
  return {
    bonds,
    fund: amount(await balanceOf(em, { kind: 'cover.fund', owner: chain, asset })),
    firstLoss: amount(await balanceOf(em, { kind: 'cover.first_loss', owner: chain, asset })),
  };
}

/**
 * Keeps what fell on whom, and pauses the pool where it was much. What the pool bore is by how much its carried loss rose, or what its slashed
 * validators lost beyond their cover where rewards of the same report hide that. Does nothing where nothing was lost.
 */
export async function keepLoss(em: EntityManager, held: Held, loss: ReportLoss): Promise<void> {
  const { opened, carriedBefore, left, steps } = loss;
  const ofSlashed = [...left.values()].reduce<bigint>((sum, units) => sum + units, 0n);
  const borne = amount(larger<bigint>(larger<bigint>(opened.lossCarried - carriedBefore, 0n), ofSlashed));
  const covered = amount(steps.reduce<bigint>((sum, step) => sum + step.amount, 0n));
  if (borne === ZERO && covered === ZERO) return;
  await write(em, held, { ...loss, borne, covered });
  if (!isBeyond(borne, opened.assets, loss.bunkerLossBps)) return;
  await incidentOfLoss(em, held.row.id, loss.number, { borne, covered }, loss.at);
  await enterBunker(em, held, { at: loss.at, reason: `report ${loss.number} lost a large part of the pool` });
}

/**
 * Who holds is copied once a slashing, not once a report of it: a slashed validator leaks every epoch for about 36 days. What its later reports take is
 * added to the loss, until that is more than a share of the pool; then it is a loss of its own, with who holds then. Of what is no slashing
 * and no such share nobody is written down: later rewards recover it.
 */
async function write(em: EntityManager, held: Held, loss: Kept): Promise<void> {
  const { opened, left, steps, borne } = loss;
  const beyond = (units: Amount): boolean => isBeyond(units, opened.assets, loss.snapshotBps);
  const pubkeys = [...left]
    .filter(([pubkey, units]) => units > 0n || steps.some((step) => step.pubkey === pubkey))
    .map(([pubkey]) => pubkey);
  if (pubkeys.length === 0) return insertLoss(em, held, loss, beyond(borne));
  const known = isBeyond(borne, opened.assets, loss.bunkerLossBps) ? null : await knownLossOf(em, held.row.id, pubkeys, borne);
  if (known !== null && !beyond(amount(known.added + borne))) return addToLoss(em, held, known.id, loss);
  return insertLoss(em, held, loss, borne > 0n);
}
