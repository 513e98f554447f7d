/** Killed anywhere while what came back of a loss is paid. */
import 'reflect-metadata';
import { openDistributor } from './distribution.spec-support.js';
import { underKillSwitch } from '#testing';

export interface DistributionVictim {
  readonly url: string;
  readonly id: string;
}

await underKillSwitch<DistributionVictim>(async ({ url, id }) => {
  const worker = await openDistributor(url);
  return async () => {
    await worker.posting.advance(id);
    await worker.close();
  };
});
