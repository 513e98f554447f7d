import { card, Desk, terms } from '../operators/operators.spec-support.js';
import { RegisterService } from '../operators/register.service.js';
import { ETH, OpenStaking, POOL } from '../staking.spec-support.js';
import { batchesIn, countOpen, openBatches } from './batches.store.js';

describe('forming batches', () => {
  let s: OpenStaking;
  beforeEach(async () => {
    s = await OpenStaking.ready({ OPENING_OPERATORS: 'none' });
    await s.stake(await s.funded(100n * ETH), '32');
  });
  afterEach(() => s.close());
  const formed = async (): Promise<string[]> =>
    (await s.query<{ operator: string }>('SELECT operator_id AS operator FROM staking.batch')).map((batch) => batch.operator);
  /** The register is read; each time it is seen whether the pool is held meanwhile. */
  function watch(): boolean[] {
    const registers = s.service(RegisterService);
    const read = registers.register.bind(registers);
    const free: boolean[] = [];
    registers.register = async (em, asset) => {
      const rows = await s.query('SELECT id FROM staking.pool WHERE id = $1 FOR UPDATE SKIP LOCKED', [POOL]);
      free.push(rows.length === 1);
      return read(em, asset);
    };
    return free;
  }

  it('that nobody may take is not worked out again before something changed or a while is over', async () => {
    const reads = watch();
    for (let round = 0; round < 3; round++) await s.schedules().allocate();
    expect(reads).toHaveLength(1);
    s.clock.advance(20_000);
    await s.schedules().allocate();
    expect(reads).toHaveLength(2);
    const desk = await Desk.of(s);
    await desk.decide('operator', terms('a'));
    await desk.decide('assessment', card('a', '2026-12-01T00:00:00Z'));
    await s.schedules().allocate(); // at once
    expect(await formed()).toEqual(['a']);
    expect(reads.every((free) => free)).toBe(true); // never under the pool's lock
    await s.closes();
  });

  it('reads nothing of operators while there is too little for a batch', async () => {
    const desk = await Desk.of(s);
    await desk.decide('operator', terms('a'));
    await desk.decide('assessment', card('a', '2026-12-01T00:00:00Z'));
    await s.schedules().allocate();
    const reads = watch();
    await s.stake(await s.funded(ETH), '1');
    await s.schedules().allocate();
    expect(reads).toEqual([]);
    expect(await formed()).toEqual(['a']);
  });

  it('finds what is on its way by the index of what is', async () => {
    const seen: string[] = [];
    await s.run(async (em) => {
      await em.query('SET LOCAL enable_seqscan = off');
      const query = em.query.bind(em);
      for (const list of [openBatches, countOpen, (e: typeof em, pool: string) => batchesIn(e, pool, ['allocated', 'proven'])]) {
        const runner = em.queryRunner;
        if (!runner) throw new Error('no transaction');
        const run = runner.query.bind(runner);
        let sql: [string, unknown[]] = ['', []];
        runner.query = ((text: string, parameters: unknown[], whole: true) => {
          sql = [text, parameters];
          return run(text, parameters, whole);
        }) as typeof runner.query;
        await list(em, POOL);
        runner.query = run;
        seen.push(JSON.stringify(await query(`EXPLAIN (FORMAT JSON) ${sql[0]}`, sql[1])));
      }
    });
    expect(seen.map((plan) => plan.includes('"batch_open"'))).toEqual([true, true, true]);
  });
});
