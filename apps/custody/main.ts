import 'reflect-metadata';
import { runRoom } from '#http';
import { custody } from './room.js';

await runRoom(custody);
