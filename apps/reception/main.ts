import 'reflect-metadata';
import { runRoom } from '#http';
import { migrations } from '../../migrations/index.js';
import { reception } from './room.js';

await runRoom(reception, { migrations });
