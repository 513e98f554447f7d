import { runRoom } from '#http';
import { migrations } from '../../migrations/index.js';
import { compliance } from './room.js';

await runRoom(compliance, { migrations });
