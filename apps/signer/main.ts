import { runRoom } from '#http';
import { signer } from './room.js';

await runRoom(signer);
