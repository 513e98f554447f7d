import { runRoom } from '#http';
import { compliance } from './room.js';

await runRoom(compliance);
