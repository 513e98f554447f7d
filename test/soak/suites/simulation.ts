import { play } from '../../simulation/play.js';
import type { SoakSuite } from '../soak-suite.js';

const DAYS = 80;
const CLIENTS = 60;

export const suite: SoakSuite = {
  name: 'simulation',
  about: 'days of the exchange over a local chain, audited from outside every day (npm run simulate plays a year)',
  async run({ seed, scale, log }) {
    const days = Math.max(30, Math.round(DAYS * scale));
    const { pools, facts } = await play({ seed, days, clients: Math.max(30, Math.round(CLIENTS * scale)), log: 'silent' }, log);
    const off = pools.find(({ difference }) => difference !== '0');
    if (off) throw new Error(`${off.pool} is off by ${off.difference}`);
    return { days, ...facts };
  },
};
