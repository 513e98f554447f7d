import { card, Desk, terms } from '../operators/operators.spec-support.js';
import { clientIdOf, ETH, OpenStaking, POOL, type Person } from '../staking.spec-support.js';

let s: OpenStaking;
let ada: Person;
let desk: Desk;
const LATER = '2026-12-01T00:00:00Z';
beforeEach(async () => {
  s = await OpenStaking.ready({ OPENING_OPERATORS: 'none' });
  ada = await s.funded(400n * ETH);
  desk = await Desk.of(s);
});
afterEach(() => s.close());

const made = async (kind: string, body: object, more: object = {}): Promise<string> => {
  const proposed = await desk.propose(kind, body, more);
  if (proposed.status !== 201) throw new Error(`${kind}: ${JSON.stringify(proposed.body)}`);
  return proposed.body.id as string;
};
const codes = async (...ids: string[]): Promise<(string | number)[]> => {
  const answers: (string | number)[] = [];
  for (const id of ids) {
    const { status, body } = await desk.approve(id);
    answers.push(status === 200 ? 200 : (body.code as string));
  }
  return answers;
};

it('undoes by an old proposal nothing that was decided since', async () => {
  await desk.decide('operator', terms('a'));
  const fee = await made('operator', terms('a', { fee_bps: 100 }));
  await desk.decide('operator', terms('a', { state: 'suspended' }));
  expect(await codes(fee)).toEqual(['proposal.overtaken']);
  expect(await desk.read('operators/a')).toMatchObject({ state: 'suspended', fee_bps: 0 });
  const [entered, again] = [await made('operator', terms('b')), await made('operator', terms('b', { fee_bps: 7 }))];
  expect(await codes(entered, again)).toEqual([200, 'proposal.overtaken']);
  const caps = (units: string) => ({ caps: [{ scope: 'operator', subject: '*', amount_atomic: units }] });
  const [one, two] = [await made('caps', caps('3')), await made('caps', caps('4'))];
  expect(await codes(one, two)).toEqual([200, 'proposal.overtaken']);
  const [good, bad] = [await made('assessment', card('a', LATER)), await made('assessment', card('a', '2026-11-01T00:00:00Z'))];
  expect(await codes(bad, good)).toEqual([200, 'proposal.overtaken']);
});

it('lets a fee and a tier stand that were set since', async () => {
  const price = (bps: number) => ({ tier: 'private', commission_bps: bps, effective_at: LATER });
  const on = { pool_id: POOL };
  const [cheap, dear] = [await made('fee_schedule', price(100), on), await made('fee_schedule', price(900), on)];
  expect(await codes(cheap, dear)).toEqual([200, 'proposal.overtaken']);
  await desk.decide('fee_schedule', { ...price(200), tier: 'family' }, on);
  const to = (tier: string) => ({ client_id: clientIdOf(ada), tier });
  const [first, second] = [await made('client_tier', to('private')), await made('client_tier', to('family'))];
  expect(await codes(first, second)).toEqual([200, 'proposal.overtaken']);
});
