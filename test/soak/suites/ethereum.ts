/** Random lives of validators on the local Ethereum, with the adapter's plans, reports and guards held against what then happened. */
import { Schedule, type ScheduleSummary } from '../../chains/ethereum/schedule.js';
import { Stage } from '../../chains/ethereum/stage.spec-support.js';

/** A scale of 1 takes about a minute on a quiet machine. */
const STEPS = 150;

export const suite = {
  name: 'ethereum',
  async run({ seed, scale, log }: { seed: number; scale: number; log: (line: string) => void }): Promise<ScheduleSummary> {
    const steps = Math.max(10, Math.round(STEPS * scale));
    const stage = await Stage.open({ validatorEther: 256, ether: 50_000 });
    try {
      return await new Schedule(stage, seed, log).run(steps);
    } finally {
      await stage.close();
    }
  },
};
