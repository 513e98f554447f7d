import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '#testing';
import { describeOnEachBackend } from '../../libs/delivery/queues.spec-support.js';
import { LEASE_MS, Sea, storm } from './storm.spec-support.js';

describeOnEachBackend((backend) => {
  let sea: Sea;
  beforeEach(async () => {
    sea = await Sea.open(backend);
  });
  afterEach(() => sea.close());

  it('keeps the order of an aggregate whose jobs come in any order, and twice', async () => {
    await sea.world.send('a', 12);
    await sea.queueUp(await sea.openIds('position DESC'), 'back');
    await sea.queueUp(await sea.openIds('random()'), 'mixed');
    await sea.instances(2);
    expect(await sea.settles(20_000)).toBe(12);
  });

  it('handles once what a slow handler still has in hand when its lease runs out', async () => {
    let slow = 0;
    sea.how.onPool = (_em, { poolId }) => (poolId === 'slow' && slow++ === 0 ? pause(3 * LEASE_MS) : Promise.resolve());
    await sea.instances(3);
    await sea.world.send('slow', 3);
    await sea.world.send('quick', 3);
    await eventually(async () => (await sea.world.effects()).length === 3); // the quick ones do not wait
    expect(await sea.settles(20_000)).toBe(6);
    expect(slow).toBe(3);
  });

  it('shares the work of three instances, and loses nothing when the queues are killed under them', async () => {
    await sea.instances(3);
    sea.how.onPool = () => pause(2);
    for (let i = 0; i < 20; i++) {
      await sea.world.send(`a${i % 5}`, 3).catch(() => undefined);
      if (i === 10) await sea.queues.crash();
    }
    expect(await sea.settles(30_000)).toBeGreaterThan(50);
  });

  it('lays poison aside, goes on with every other aggregate, and with this one after a replay', async () => {
    let poison = true;
    sea.how.onPool = (_em, { poolId }) => (poison && poolId === 'bad' ? Promise.reject(new Error('cannot')) : Promise.resolve());
    await sea.instances(2);
    for (const aggregate of ['bad', 'a', 'b', 'bad']) await sea.world.send(aggregate, 3);
    await eventually(async () => (await sea.world.effects()).length === 6 && (await sea.world.count('dead_at IS NOT NULL')) === 1);
    poison = false;
    await sea.replayDead();
    expect(await sea.settles(20_000)).toBe(12);
  });
});

describeOnEachBackend((backend) => {
  it('weathers a storm of everything at once', async () => {
    const { messages, faults } = await storm({ seed: randomInt(1_000_000), steps: 14, backend });
    expect(messages).toBeGreaterThan(10);
    expect(Object.keys(faults).length).toBeGreaterThanOrEqual(13);
  });
});
