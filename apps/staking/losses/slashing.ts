import type { EntityManager } from 'typeorm';
import { writeHistory } from '../history/history.store.js';
import { openIncident } from '../incidents/incidents.store.js';
import { step, type Why } from '../orders/order-moves.store.js';
import type { Held } from '../pools/pools.store.js';
import { validatorMachine, type ValidatorState } from '../exits/validator.js';
import type { Validator } from '../exits/validator.entity.js';
import { saveValidator } from '../exits/validators.store.js';
import { enterBunker } from './bunker.store.js';

/** Whether a validator takes no more stake, whatever its score. */
export const isOut = ({ state }: { readonly state: ValidatorState }): boolean => state === 'slashed' || state === 'withdrawn';

/**
 * A validator of the pool was slashed: people learn of it, nothing is expected of it any more, and the pool pauses. Its losses come by reports
 * like any other. The caller holds the pool. False: it was known, or the validator is gone.
 */
export async function noteSlashed(em: EntityManager, held: Held, validator: Validator, why: Why): Promise<boolean> {
  if (isOut(validator)) return false;
  const { poolId, pubkey, booked } = validator;
  const details = { booked_atomic: booked.toString(), operator: validator.operatorId };
  await openIncident(em, { poolId, kind: 'validator.slashed', subject: pubkey, details }, why.at);
  const history = step(validatorMachine, 'validator', validator, pubkey, 'slash', { ...why, reason: 'slashed' });
  await saveValidator(em, validator);
  await writeHistory(em, [history]);
  await enterBunker(em, held, { at: why.at, reason: 'a validator was slashed' });
  return true;
}
