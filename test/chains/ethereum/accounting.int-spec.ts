/** Books over epoch boundaries, exact to the gwei, through a random life drawn from a seed. Longer ones: `npm run soak`. */
import { Schedule } from './schedule.js';
import { Stage } from './stage.spec-support.js';

const SEED = 5; // one whose life has most of what can happen in it

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({ validatorEther: 256, ether: 5000 });
}, 60_000);
afterAll(() => stage.close());

it(`adds up to the wei, whatever happens (seed ${SEED})`, async () => {
  const { acts, reports, validators } = await new Schedule(stage, SEED).run(40);
  expect(reports).toBeGreaterThan(5);
  expect(validators).toBeGreaterThan(5);
  expect(Object.keys(acts)).toEqual(expect.arrayContaining(['top-up', 'partial', 'switch', 'consolidation']));
}, 180_000);
