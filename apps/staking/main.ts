import { connectEthereum } from '#chains/ethereum';
import { runRoom } from '#http';
import { migrations } from '../../migrations/index.js';
import { staking } from './room.js';

await runRoom(staking, { migrations, chains: connectEthereum });
