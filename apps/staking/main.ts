import { runRoom } from '#http';
import { staking } from './room.js';

await runRoom(staking);
