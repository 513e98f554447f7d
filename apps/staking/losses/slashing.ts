import type { EntityManager } from 'typeorm';
import type { Checkpoint, SlashingOutlook } from '#chains';
import { Fault } from '#kernel';
import { writeHistory } from '../history/history.store.js';
import { openIncident } from '../incidents/incidents.store.js';
import { step, type Why } from '../orders/order-moves.store.js';
import { PoolRow, type PoolNetwork } from '../pools/pool.entity.js';
import type { Held } from '../pools/pools.store.js';
import { validatorMachine, type ValidatorState } from '../exits/validator.js';
import type { Validator } from '../exits/validator.entity.js';
import { saveValidator } from '../exits/validators.store.js';
import { enterBunker } from './bunker.store.js';

/** What of a report tells of losses. */
interface Reported {
  readonly toEpoch: string;
  readonly validators: readonly { readonly pubkey: string; readonly opening: string; readonly reward: string }[];
}

/** Whether a validator takes no more stake, whatever its score. */
export const isOut = ({ state }: { readonly state: ValidatorState }): boolean => state === 'slashed' || state === 'withdrawn';

/**
 * A validator of the pool was slashed: people learn of it, nothing is expected of it any more, and the pool pauses. Its losses come by reports
 * like any other. The caller holds the pool. `since`: when it happened; who asked to leave
 * between that and our seeing it waits like those after. False: it was known, or the validator is gone.
 */
export async function noteSlashed(em: EntityManager, held: Held, validator: Validator, why: Why, since?: Date): Promise<boolean> {
  if (isOut(validator)) return false;
  const { poolId, pubkey, booked } = validator;
  const details = { booked_atomic: booked.toString(), operator: validator.operatorId };
  await openIncident(em, { poolId, kind: 'validator.slashed', subject: pubkey, details }, why.at);
  const history = step(validatorMachine, 'validator', validator, pubkey, 'slash', { ...why, reason: 'slashed' });
  await saveValidator(em, validator);
  await writeHistory(em, [history]);
  await enterBunker(em, held, { at: why.at, reason: 'a validator was slashed', since });
  return true;
}

/**
 * When the protocol slashed it. A slashed validator is withdrawable a window of epochs after, and half a window before that the correlation penalty falls
 * due (consensus-specs: slash_validator, process_slashings), so the epoch is known; the time of the epoch is counted back from the finalised checkpoint.
 */
export function slashedAt(outlook: SlashingOutlook, at: Checkpoint, network: PoolNetwork): Date {
  const epoch = 2n * outlook.correlationEpoch - outlook.withdrawableEpoch;
  const slots = Number(at.slot - epoch * BigInt(network.slotsPerEpoch));
  const time = at.block.time;
  return slots > 0 ? new Date(time.getTime() - slots * network.secondsPerSlot * 1_000) : time;
}

/** slash_validator takes at least effective balance / 4096 at once (consensus-specs, electra: MIN_SLASHING_PENALTY_QUOTIENT_ELECTRA). */
const LEAST_PENALTY = 4_096n;

/**
 * A report may tell of a slashing before the watch has seen it: then covers would not bear it. So where a validator that is not known to be slashed
 * lost as much as one, its report waits until the watch has looked at the finalised state of the report's epoch. Throws a retryable Fault.
 */
export function requireWatched({ row }: Held, report: Reported, validators: readonly Validator[]): void {
  if (row.watchedEpoch !== null && row.watchedEpoch >= BigInt(report.toEpoch)) return;
  const known = new Set(validators.filter((v) => v.state === 'slashed').map((v) => v.pubkey));
  const fell = report.validators.find(
    ({ pubkey, opening, reward }) => !known.has(pubkey) && 0n - BigInt(reward) >= BigInt(opening) / LEAST_PENALTY && BigInt(reward) < 0n,
  );
  if (fell)
    throw new Fault('report.slashing_unknown', 'the watch has not looked yet whether a validator that lost much was slashed', true, {
      facts: { pubkey: fell.pubkey, epoch: report.toEpoch, watched: String(row.watchedEpoch) },
    });
}

/** The watch has compared every validator of the pool with the finalised state of this epoch. The caller holds the pool. */
export async function noteWatched(em: EntityManager, { row }: Held, epoch: bigint): Promise<void> {
  if (row.watchedEpoch !== null && row.watchedEpoch >= epoch) return;
  row.watchedEpoch = epoch;
  await em.update(PoolRow, { id: row.id }, { watchedEpoch: epoch });
}
