/** Killed anywhere between the answer of settlement and the end of a payout run. */
import 'reflect-metadata';
import { payOut, openWorkers } from './payout.spec-support.js';
import { underKillSwitch } from '#testing';

export interface PayoutVictim {
  readonly url: string;
  readonly run: string;
}

await underKillSwitch<PayoutVictim>(async ({ url, run }) => {
  const workers = await openWorkers(url);
  return async () => {
    await payOut(workers, run);
    await workers.close();
  };
});
