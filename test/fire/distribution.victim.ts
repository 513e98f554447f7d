/** Killed anywhere while what came back of a loss is paid. */
import 'reflect-metadata';
import { openDistributor } from './distribution.spec-support.js';
import { underKillSwitch } from '#testing';

export interface DistributionVictim {
  readonly url: string;
  readonly id: string;
}

await underKillSwitch<DistributionVictim>(async ({ url, id }) => {
  const { posting, close } = await openDistributor(url);
  return async () => {
    await posting.advance(id);
    await close();
  };
});
