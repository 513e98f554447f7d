import type { Room } from '#http';
import { compliance } from '../compliance/room.js';
import { custody } from '../custody/room.js';
import { reception } from '../reception/room.js';
import { rewards } from '../rewards/room.js';
import { staking } from '../staking/room.js';

/** The rooms that share the exchange's process; the signer never does. */
export const hostedRooms: readonly Room[] = [reception, compliance, custody, staking, rewards];
