import 'reflect-metadata';
import { connectEthereum } from '#chains/ethereum';
import { runRoom } from '#http';
import { migrations } from '../../migrations/index.js';
import { custody } from './room.js';

await runRoom(custody, { migrations, chains: connectEthereum });
