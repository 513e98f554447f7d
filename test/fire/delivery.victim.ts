/** A subscriber room, killed somewhere between claim, queue, take, effect, finish and successor. */
import { setTimeout as pause } from 'node:timers/promises';
import { underKillSwitch } from '#testing';
import { behaviour, openSubscriber } from '../../libs/delivery/delivery.spec-support.js';

export interface DeliveryVictim {
  readonly url: string;
  readonly redisUrl?: string;
  /** How many messages wait for it. */
  readonly waiting: number;
}

await underKillSwitch<DeliveryVictim>(({ url, redisUrl, waiting }) =>
  Promise.resolve(async () => {
    const how = behaviour();
    const room = await openSubscriber(url, how, { leaseMs: 400, pollMs: 100 }, 0, redisUrl);
    while (how.seen.length < waiting) await pause(5);
    await room.close();
  }),
);
