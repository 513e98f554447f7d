import { runRoom } from '#http';
import { migrations } from '../../migrations/index.js';
import { signer } from './room.js';

await runRoom(signer, { migrations });
