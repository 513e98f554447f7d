import { Desk, card, terms } from '../operators/operators.spec-support.js';
import { RegisterService } from '../operators/register.service.js';
import { ETH, OpenStaking, operationId, type Person } from '../staking.spec-support.js';
import { BatchesProcessor } from './batches.processor.js';

describe('a batch whose operator may take nothing any more', () => {
  let s: OpenStaking;
  let ada: Person;
  let desk: Desk;
  beforeEach(async () => {
    s = await OpenStaking.ready({ OPENING_OPERATORS: 'none' });
    ada = await s.funded(200n * ETH);
    desk = await Desk.of(s);
    for (const id of ['a', 'b']) {
      await desk.decide('operator', terms(id));
      await desk.decide('assessment', card(id, id === 'a' ? '2026-12-01T00:00:00Z' : '2026-12-02T00:00:00Z'));
    }
  });
  afterEach(() => s.close());
  const batches = (): Promise<{ operator: string; state: string; reason: string | null }[]> =>
    s.query('SELECT operator_id AS operator, state, reason FROM staking.batch ORDER BY created_at, state, id');
  const suspend = (id: string): Promise<void> => desk.decide('operator', terms(id, { state: 'suspended' }));

  it('is dissolved before its first deposit; its money goes to another', async () => {
    const id = operationId(await s.stake(ada, '32'));
    await s.schedules().allocate();
    expect(await batches()).toMatchObject([{ operator: 'a', state: 'key_requested' }]);
    await suspend('a');
    await s.signKeys();
    await s.schedules().allocate();
    expect(await s.requested('stake_deposit')).toEqual([]);
    expect(await batches()).toMatchObject([{ operator: 'a', state: 'dissolved', reason: 'operator.suspended' }]);
    expect(await s.operation(ada, id)).toMatchObject({ state: 'queued', parts: [] });
    await s.closes();
    s.clock.advance(20_000);
    await s.fillValidator();
    expect(await s.query('SELECT operator_id AS operator FROM staking.validator')).toEqual([{ operator: 'b' }]);
    await s.closes();
  });

  it('is dissolved before a key is asked for again', async () => {
    await s.stake(ada, '32');
    await s.schedules().allocate();
    const [asked] = await s.said('deposit_data.request@1');
    await s.hear(BatchesProcessor, 'refused', { requestId: asked.requestId, code: 'keys.locked', detail: 'locked' });
    await suspend('a');
    await suspend('b');
    s.clock.advance(20_000);
    await s.schedules().allocate();
    expect(await s.said('deposit_data.request@1')).toHaveLength(1);
    expect(await batches()).toMatchObject([{ operator: 'a', state: 'dissolved' }]);
    await s.closes();
  });

  it('gets the rest all the same once its key is proven: it is ours, and stands on chain', async () => {
    await s.stake(ada, '32');
    await s.predeposit();
    await suspend('a');
    await s.sendRest();
    expect(await batches()).toMatchObject([{ operator: 'a', state: 'deposited' }]);
    await s.closes();
  });

  it('is not formed: who may take stake is asked anew for each batch of a round', async () => {
    const registers = s.service(RegisterService);
    const read = registers.register.bind(registers);
    let times = 0;
    registers.register = async (em, asset) =>
      (await read(em, asset)).map((o) => (o.id === 'b' && times++ === 0 ? o : { ...o, state: o.id === 'a' ? o.state : 'suspended' }));
    await s.stake(ada, '96');
    await s.schedules().allocate();
    expect((await batches()).map(({ operator }) => operator)).toEqual(['a', 'a', 'a']);
  });
});
