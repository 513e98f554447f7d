import { ConfigInvalid } from '#runtime';
import type { StakingConfig } from '../config.js';

/** In production nobody runs validators of ours whom people have not entered and assessed. Throws ConfigInvalid. */
export function refuseInventedOperators({ BAILEE_MODE, OPENING_OPERATORS = 'none' }: StakingConfig): void {
  if (BAILEE_MODE !== 'production' || OPENING_OPERATORS === 'none') return;
  throw new ConfigInvalid('staking', [
    `OPENING_OPERATORS is ${OPENING_OPERATORS} in production mode: leave it out, and let people enter and assess operators`,
  ]);
}
