import { newHome, removeHome } from '../e2e/exchange.spec-support.js';
import { rounds, type SoakRun } from '../soak/soak-suite.js';
import { intact, tourUnderFire } from './drills.js';
import { spawnApart } from './exchange-apart.js';

/** A whole exchange apart, on a home of its own, and tours under fire on it. */
export async function toursApart(run: SoakRun, env: NodeJS.ProcessEnv): Promise<Record<string, unknown>> {
  const home = newHome();
  const exchange = await spawnApart(home, env);
  try {
    run.log(`up: ${exchange.instances().length} processes`);
    const tours = [];
    for (let i = 0; i < rounds(run); i++) tours.push(await tourUnderFire(exchange, { ...run, seed: run.seed + i }));
    return { tours, ...(await intact(exchange)) };
  } finally {
    await exchange.stop();
    removeHome(home);
  }
}
