import 'reflect-metadata';
import { runRoom } from '#http';
import { reception } from './room.js';

await runRoom(reception);
