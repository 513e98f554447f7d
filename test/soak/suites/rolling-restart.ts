import { intact, rollingRestart } from '../../apart/drills.js';
import { cannotRunApart, spawnApart } from '../../apart/exchange-apart.js';
import { newHome, removeHome } from '../../e2e/exchange.spec-support.js';
import { rounds as roundsOf, type SoakSuite } from '../soak-suite.js';

export const suite: SoakSuite = {
  name: 'rolling-restart',
  about: 'every process asked to leave in turn while clients read, quote and stake: no request may fail',
  cannot: cannotRunApart,
  run: async (run) => {
    const home = newHome();
    const exchange = await spawnApart(home);
    try {
      const rounds = [];
      for (let i = 0; i < roundsOf(run); i++) rounds.push(await rollingRestart(exchange, () => true, run));
      return { rounds, ...(await intact(exchange)) };
    } finally {
      await exchange.stop();
      removeHome(home);
    }
  },
};
