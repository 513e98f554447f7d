import { runRoom } from '#http';
import { rewards } from './room.js';

await runRoom(rewards);
