import { Desk } from '../operators/operators.spec-support.js';
import { clientIdOf, OpenStaking, type Person } from '../staking.spec-support.js';

let s: OpenStaking;
let desk: Desk;
beforeEach(async () => {
  s = await OpenStaking.ready();
  desk = await Desk.of(s);
});
afterEach(() => s.close());

const made = async (kind: string, body: object): Promise<string> => (await desk.propose(kind, body)).body.id as string;

describe('two decisions at once', () => {
  it('open two pools for two clients', async () => {
    const [ada, bob] = [await s.client(), await s.client()];
    const pool = (person: Person) => made('dedicated_pool', { client_id: clientIdOf(person), asset: 'ETH' });
    const ids = [await pool(ada), await pool(bob)];
    const decided = await Promise.all(ids.map((id) => desk.approve(id)));
    expect(decided.map(({ status }) => status)).toEqual([200, 200]);
    expect(await s.query('SELECT id FROM staking.product WHERE client_id IS NOT NULL')).toHaveLength(2);
  });

  it('leave one set of caps, and say so to whom the other is', async () => {
    const caps = (units: string) => made('caps', { caps: [{ scope: 'operator', subject: '*', amount_atomic: units }] });
    const ids = [await caps('1'), await caps('2'), await caps('3')];
    const decided = await Promise.all(ids.map((id) => desk.approve(id)));
    expect(decided.map(({ status, body }) => (status === 200 ? 'done' : body.code)).sort()).toEqual([
      'done',
      'proposal.overtaken',
      'proposal.overtaken',
    ]);
  });
});
