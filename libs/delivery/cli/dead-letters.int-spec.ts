import { newUuid } from '#kernel';
import { eventually } from '#testing';
import { behaviour, World } from '../delivery.spec-support.js';
import { parseCommand, type Command } from './command.js';
import { runCommand } from './run.js';

type Asked = Exclude<Command, { what: 'help' }>;
const parse = (text: string): Command | string => parseCommand(text.split(' '), 'ada');

describe('what is asked for', () => {
  const id = newUuid();
  it.each<[string, Command | string]>([
    ['dead list', { what: 'list', room: undefined, json: false }],
    ['dead list --room custody --json', { what: 'list', room: 'custody', json: true }],
    [`dead show ${id}`, { what: 'show', id, json: false }],
    [`dead replay ${id} --reason mended`, { what: 'replay', of: { id }, reason: 'mended', by: 'ada', dryRun: false, json: false }],
    [
      'dead replay --all --room staking --reason mended --by bo --dry-run',
      { what: 'replay', of: { room: 'staking' }, reason: 'mended', by: 'bo', dryRun: true, json: false },
    ],
    ['--help', { what: 'help' }],
    ['dead list --room attic', 'there is no room attic: reception, compliance, custody, signer, staking, rewards'],
    ['dead show', 'which one? give its id: see dead list'],
    ['dead show 7', '7 is not the id of a delivery: see dead list'],
    [`dead replay ${id}`, 'why? give --reason, 3 to 1000 characters'],
    ['dead replay --all --reason mended', 'which ones? give the id of one, or --all and --room'],
    [`dead replay ${id} --all --room staking --reason mended`, 'which ones? give the id of one, or --all and --room'],
    [`dead discard ${id}`, `not understood: dead discard ${id}`],
  ])('%s', (text, expected) => {
    expect(parse(text)).toEqual(expected);
  });
  it('dead list --what is not understood', () => {
    expect(parse('dead list --what')).toContain('--what');
  });
});

describe('dead letters', () => {
  let world: World;
  const how = behaviour();
  let poison = true;
  beforeAll(async () => {
    world = await World.create();
    how.onPool = (_em, { poolId }) => (poison && poolId !== 'fine' ? Promise.reject(new Error(`cannot ${poolId}`)) : Promise.resolve());
    await world.subscriber(how, { firstDelayMs: 1, maxAttempts: 2 });
    for (const aggregate of ['bad', 'fine', 'worse']) await world.send(aggregate, 3);
    await eventually(async () => (await world.count('dead_at IS NOT NULL')) === 2);
    await world.allDone(3);
  });
  afterAll(async () => {
    await world.close();
    await world.db.close();
  });
  const ask = async (text: string): Promise<[number, string]> => {
    const said: string[] = [];
    const code = await runCommand(parse(text) as Asked, world.db.adminUrl, (line) => said.push(line));
    return [code, said.join('\n')];
  };
  const json = async (text: string): Promise<{ dead: { id: string; aggregate: string; waiting: number }[]; replayed: string[] }> =>
    JSON.parse((await ask(`${text} --json`))[1]) as never;
  const idOf = async (aggregate: string): Promise<string> =>
    (await json('dead list')).dead.find((d) => d.aggregate === aggregate)?.id ?? '';

  it('are listed, with how many wait behind each', async () => {
    expect((await json('dead list')).dead).toMatchObject([{ waiting: 2 }, { waiting: 2 }]);
    expect((await json('dead list --room custody')).dead).toEqual([]);
    expect((await ask('dead list'))[1]).toMatch(
      /rewards {2}pool\.opened@1 {2}bad #1 .* 2 attempts, 2 waiting behind it {2}Error: cannot bad/,
    );
  });

  it('are shown in full', async () => {
    const [code, said] = await ask(`dead show ${await idOf('bad')}`);
    expect(code).toBe(0);
    for (const part of ['1 of 3, 2 waiting', 'from staking to rewards', 'cannot bad', '"poolId": "bad"']) expect(said).toContain(part);
    expect(await ask(`dead show ${newUuid()}`)).toMatchObject([1, expect.stringContaining('there is no dead delivery')]);
  });

  it('are not replayed by a dry run', async () => {
    expect((await json('dead replay --all --room rewards --reason rehearsal --dry-run')).replayed).toHaveLength(2);
    expect((await json('dead list')).dead).toHaveLength(2);
    expect(await world.db.admin.query('SELECT 1 FROM delivery.replayed')).toEqual([]);
  });

  it('are tried again one by one or all of a room, and who and why is kept', async () => {
    const bad = await idOf('bad');
    expect(await ask(`dead replay ${bad} --reason hopeful`)).toMatchObject([0, expect.stringContaining('is tried again')]);
    await eventually(async () => (await world.count('dead_at IS NOT NULL')) === 2); // its cause was not mended
    expect((await ask(`dead show ${bad}`))[1]).toMatch(/replayed .* by ada: hopeful \(it had failed with: Error: cannot bad\)/);
    poison = false;
    expect((await json('dead replay --all --room rewards --reason mended --by bo')).replayed).toHaveLength(2);
    await world.allDone(9);
    expect((await json('dead list')).dead).toEqual([]);
    expect(await world.db.admin.query('SELECT aggregate, replayed_by, reason FROM delivery.replayed ORDER BY id')).toMatchObject([
      { aggregate: 'bad', replayed_by: 'ada', reason: 'hopeful' },
      { replayed_by: 'bo', reason: 'mended' },
      { replayed_by: 'bo', reason: 'mended' },
    ]);
    expect((await ask(`dead replay ${bad} --reason again`))[0]).toBe(1);
  });
});
