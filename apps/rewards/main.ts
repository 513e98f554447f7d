import { connectEthereum } from '#chains/ethereum';
import { runRoom } from '#http';
import { migrations } from '../../migrations/index.js';
import { rewards } from './room.js';

await runRoom(rewards, { migrations, chains: connectEthereum });
