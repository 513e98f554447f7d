import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StandingChanged } from '#messages';
import { code, OpenCompliance, type Person, someone } from '../compliance.spec-support.js';
import { Rescreening } from '../onboarding/rescreening.schedule.js';

const LISTED = { ...someone, full_name: 'QUARRICK, Zólvan', date_of_birth: '1961-04-17' };

describe('screening', () => {
  let open: OpenCompliance;
  let officer: Person;
  let senior: Person;
  const folder = mkdtempSync(join(tmpdir(), 'lists-'));

  beforeAll(async () => {
    const shipped = join(import.meta.dirname, 'lists');
    for (const name of readdirSync(shipped)) copyFileSync(join(shipped, name), join(folder, name));
    open = await OpenCompliance.start({ SCREENING_LISTS: folder });
    [officer, senior] = [await open.staff('officer'), await open.staff('senior_officer')];
  });
  afterAll(async () => {
    await open.close();
    rmSync(folder, { recursive: true });
  });

  const matchesOf = async (client: Person): Promise<{ id: string; state: string }[]> =>
    (await open.get(officer, `/v1/compliance/matches?client_id=${client.id}`)).body['data'] as { id: string; state: string }[];
  const resolve = async (match: { id: string } | undefined, outcome: string): Promise<unknown> =>
    (await open.post(officer, `/v1/compliance/matches/${match?.id}/resolve`, { outcome, comment: 'compared passport and list' })).body[
      'id'
    ];
  const rescreen = (): Promise<void> => open.service(Rescreening).run();
  const list = (...names: string[]): string =>
    JSON.stringify({
      source: 'invented-later',
      notice: 'INVENTED.',
      entries: names.map((name, index) => ({ id: `L-${index}`, kind: 'person', names: [name], programme: 'LATER' })),
    });
  /** A new list comes with the next start. */
  const listed = async (...names: string[]): Promise<void> => {
    writeFileSync(join(folder, 'later.json'), list(...names));
    await open.reopen();
  };

  it('does not approve while a hit is open: two people have to clear it', async () => {
    const client = await open.client();
    const id = await open.apply(client, LISTED);
    expect((await open.get(client, `/v1/onboarding/applications/${id}`)).body).toMatchObject({ state: 'under_review', requests: [] });
    const [match] = await matchesOf(client);
    expect(match).toMatchObject({ state: 'pending', kind: 'name', date_of_birth: 'equal', entry: 'IP-0001', subject: id });
    expect(code(await open.propose(officer, id))).toBe('application.matches_open');

    const decision = await resolve(match, 'false_positive');
    expect(code(await open.propose(officer, id))).toBe('application.matches_open');
    expect(code(await open.check(officer, decision))).toBe('approval.maker_is_checker');
    expect(
      code(await open.post(senior, `/v1/compliance/matches/${match?.id}/resolve`, { outcome: 'false_positive', comment: 'yes' })),
    ).toBe('match.forbidden_move');
    await open.check(senior, decision, 'deny');
    expect(await matchesOf(client)).toMatchObject([{ state: 'pending' }]);
    await open.check(senior, await resolve(match, 'false_positive'));
    expect(await matchesOf(client)).toMatchObject([{ state: 'false_positive' }]);
    expect((await open.check(senior, (await open.propose(officer, id)).body['id'])).status).toBe(200);
    expect(await open.standing(client.uuid)).toMatchObject({ state: 'approved' });
  });

  it('lets a client see no difference between a hit and a routine check', async () => {
    const seen = async (full_name: string): Promise<string> => {
      const client = await open.client();
      const id = await open.apply(client, { ...LISTED, full_name });
      const own = await matchesOf(client);
      if (own[0]) await open.check(senior, await resolve(own[0], 'true_match'));
      const answers = [
        await open.get(client, `/v1/onboarding/applications/${id}`),
        await open.get(client, '/v1/onboarding/applications'),
        await open.post(client, `/v1/onboarding/applications/${id}/submit`),
        await open.post(client, '/v1/onboarding/applications', someone),
        await open.get(client, `/v1/compliance/cases/${id}`),
      ];
      return answers
        .map((answer) => `${answer.status} ${answer.text}`)
        .join('\n')
        .replaceAll(/[a-z]{3}_[0-9a-f-]{36}|\d{4}-\d\d-\d\dT[\d:.]+Z/g, '*')
        .replaceAll(full_name, 'NAME');
    };
    const [listed, clean] = [await seen('Mirelle Ostravane'), await seen('Mirelle Nobodysson')];
    expect(listed).toBe(clean);
    expect(listed).toContain('under_review');
  });

  it('is blind to other spellings and birthdays decide nothing: exact, and people', async () => {
    const other = await open.client();
    await open.apply(other, { ...LISTED, full_name: 'Zolvan Quarick' });
    expect(await matchesOf(other)).toEqual([]);
    const younger = await open.client();
    await open.apply(younger, { ...LISTED, date_of_birth: '1999-01-01' });
    expect(await matchesOf(younger)).toMatchObject([{ state: 'pending', date_of_birth: 'different' }]);
  });

  it('freezes who is confirmed, and rejects only', async () => {
    const client = await open.client();
    const id = await open.apply(client, LISTED);
    const [match] = await matchesOf(client);
    await open.check(senior, await resolve(match, 'true_match'));
    expect(code(await open.propose(officer, id))).toBe('application.true_match');
    const { body } = await open.get(officer, `/v1/compliance/holds?client_id=${client.id}`);
    expect(body['data']).toMatchObject([{ state: 'placed', scopes: ['deposit', 'stake', 'unstake', 'withdraw', 'payout'] }]);
    expect((await open.check(senior, (await open.propose(officer, id, 'reject')).body['id'])).status).toBe(200);
    expect((await open.get(client, `/v1/onboarding/applications/${id}`)).body).toMatchObject({ state: 'rejected' });
  });

  it('approves nobody on a screening that is missing, failed or altered behind our back', async () => {
    const client = await open.client();
    const id = await open.apply(client);
    const uuid = id.slice('app_'.length);
    const [{ run }] = (await open.query('SELECT screening_run_id AS run FROM compliance.application WHERE id = $1', [uuid])) as [
      { run: string },
    ];
    const set = (column: string, value: unknown): Promise<unknown[]> =>
      open.query(`UPDATE compliance.application SET ${column} = $2 WHERE id = $1`, [uuid, value]);
    await set('screening_run_id', null);
    expect(code(await open.propose(officer, id))).toBe('application.not_screened');
    const [foreign] = (await open.query('SELECT id FROM compliance.screening_run WHERE subject_id <> $1 AND outcome = $2', [
      uuid,
      'no_hit',
    ])) as [{ id: string }];
    await set('screening_run_id', foreign.id);
    expect(code(await open.propose(officer, id))).toBe('application.not_screened');
    await set('screening_run_id', run);
    await open.query("UPDATE compliance.screening_run SET outcome = 'error' WHERE id = $1", [run]);
    expect(code(await open.propose(officer, id))).toBe('application.screening_failed');
    await rescreen();
    expect((await open.propose(officer, id)).status).toBe(202);
  });

  it('fails closed where it cannot look, and goes on by itself when it can', async () => {
    const client = await open.client();
    const id = String((await open.post(client, '/v1/onboarding/applications', someone)).body['id']);
    const uuid = id.slice('app_'.length);
    const [{ full_name }] = (await open.query('SELECT full_name FROM compliance.personal_data WHERE application_id = $1', [uuid])) as [
      { full_name: Buffer },
    ];
    await open.query("UPDATE compliance.personal_data SET full_name = '\\x00' WHERE application_id = $1", [uuid]);
    expect((await open.post(client, `/v1/onboarding/applications/${id}/submit`)).body).toMatchObject({ state: 'under_review' });
    const state = async (): Promise<unknown> =>
      (await open.query<{ state: string }>('SELECT state FROM compliance.application WHERE id = $1', [uuid]))[0]?.state;
    expect(await state()).toBe('screening');
    expect(code(await open.propose(officer, id))).toBe('application.screening_failed');
    await rescreen();
    expect(await state()).toBe('screening');
    await open.query('UPDATE compliance.personal_data SET full_name = $2 WHERE application_id = $1', [uuid, full_name]);
    await rescreen();
    expect(await state()).toBe('officer_review');
  });

  it('loads a list once, and numbers what is new', async () => {
    const versions = () =>
      open.query<{ version: number; sha256: string; entries: number }>('SELECT * FROM compliance.watchlist_snapshot ORDER BY version');
    expect(await versions()).toMatchObject([{ version: 1, entries: 12 }]);
    await open.reopen();
    expect(await versions()).toHaveLength(1);
    await listed('Somebody Newly Listed');
    expect(await versions()).toMatchObject([{ version: 1 }, { version: 2, entries: 13 }]);
    writeFileSync(join(folder, 'later.json'), '{"source": "half a li');
    await expect(open.reopen()).rejects.toThrow('screening.list_malformed');
    await listed('Somebody Newly Listed');
    expect(await versions()).toHaveLength(2);
  });

  it('voids a proposal when the list changes before it is checked', async () => {
    const client = await open.client();
    const id = await open.apply(client);
    const proposed = await open.propose(officer, id);
    await listed('Somebody Else Again');
    expect(code(await open.check(senior, proposed.body['id']))).toBe('application.screening_not_current');
    await rescreen();
    expect(code(await open.check(senior, proposed.body['id']))).toBe('approval.payload_changed');
    await open.check(senior, proposed.body['id'], 'deny');
    expect((await open.check(senior, (await open.propose(officer, id)).body['id'])).status).toBe(200);
  });

  it('stops money going out to a client whom a new list names; clearing lifts it, confirming freezes', async () => {
    const [cleared, confirmed] = [
      await open.approved(officer, senior, { ...someone, full_name: 'Pell Wanderlode' }),
      await open.approved(officer, senior, { ...someone, full_name: 'Vex Umberfoil' }),
    ];
    await listed('Wanderlode Pell', 'Vex Umberfoil');
    await rescreen();
    await rescreen();
    for (const client of [cleared, confirmed]) {
      expect(await matchesOf(client)).toMatchObject([{ state: 'pending', list: 'invented-later' }]);
      expect((await open.said(StandingChanged, client.uuid)).at(-1)).toMatchObject({
        version: 3,
        state: 'restricted',
        mayStake: true,
        mayWithdraw: false,
      });
    }
    await open.check(senior, await resolve((await matchesOf(cleared))[0], 'false_positive'));
    expect(await open.standing(cleared.uuid)).toMatchObject({ state: 'approved', may_withdraw: true });
    await open.check(senior, await resolve((await matchesOf(confirmed))[0], 'true_match'));
    expect(await open.standing(confirmed.uuid)).toMatchObject({
      state: 'restricted',
      may_deposit: false,
      may_stake: false,
      may_unstake: false,
      may_withdraw: false,
    });

    await listed('Wanderlode Pell', 'Vex Umberfoil', 'One More'); // the same entry again: what was cleared stays cleared
    await rescreen();
    expect(await matchesOf(cleared)).toMatchObject([{ state: 'false_positive' }]);
    expect(await open.standing(cleared.uuid)).toMatchObject({ state: 'approved' });
  });
});
