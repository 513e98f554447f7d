import { StandingChanged } from '#messages';
import { code, OpenCompliance, type Person, someone } from '../compliance.spec-support.js';

describe('onboarding', () => {
  let open: OpenCompliance;
  let officer: Person;
  let senior: Person;
  let auditor: Person;

  beforeAll(async () => {
    open = await OpenCompliance.start();
    [officer, senior, auditor] = [await open.staff('officer'), await open.staff('senior_officer'), await open.staff('auditor')];
  });
  afterAll(() => open.close());

  const audited = (resource: string): Promise<{ action: string; actor_kind: string; actor_id: string; reason: string | null }[]> =>
    open.query('SELECT action, actor_kind, actor_id, reason FROM audit.event WHERE resource = $1 ORDER BY seq', [resource]);

  it('leads from registration to a standing that permits, by two people', async () => {
    const client = await open.client();
    expect(await open.said(StandingChanged, client.uuid)).toEqual([
      expect.objectContaining({ version: 1, state: 'applicant', mayStake: false }),
    ]);

    const created = await open.post(client, '/v1/onboarding/applications', someone);
    expect([created.status, created.body]).toEqual([201, expect.objectContaining({ state: 'draft', submitted_at: null })]);
    const id = String(created.body['id']);
    expect(created.headers['location']).toBe(`/v1/onboarding/applications/${id}`);
    expect((await open.get(officer, `/v1/compliance/cases/${id}`)).status).toBe(404); // a draft is nobody's but the client's

    expect((await open.post(client, `/v1/onboarding/applications/${id}/submit`)).body).toMatchObject({ state: 'under_review' });
    const listed = await open.get(officer, `/v1/compliance/cases?state=officer_review&client_id=${client.id}`);
    expect(listed.body['data']).toEqual([expect.objectContaining({ application_id: id, client_id: client.id, assigned_to: null })]);
    expect(listed.text).not.toContain(someone.full_name);

    const caseId = id.replace('app_', 'cas_');
    const seen = await open.get(officer, `/v1/compliance/cases/${caseId}?purpose=onboarding_review`);
    expect(seen.body).toMatchObject({
      personal_data: someone,
      screenings: [{ outcome: 'no_hit', trigger: 'customer_added', list_version: 1 }],
      matches: [],
    });
    expect((await open.post(officer, `/v1/compliance/cases/${caseId}/claim`)).body).toMatchObject({ assigned_to: officer.id });
    expect((await open.post(officer, `/v1/compliance/cases/${caseId}/notes`, { text: 'Called Orla Venn.' })).status).toBe(201);

    const proposed = await open.propose(officer, id);
    expect([proposed.status, proposed.body]).toEqual([
      202,
      expect.objectContaining({ state: 'requested', maker_id: officer.id, resource: id }),
    ]);
    expect(code(await open.check(officer, proposed.body['id']))).toBe('approval.maker_is_checker');
    expect((await open.get(client, `/v1/onboarding/applications/${id}`)).body).toMatchObject({ state: 'under_review', data: someone });

    const checked = await open.check(senior, proposed.body['id'], 'approve', { payload_hash: proposed.body['payload_hash'] });
    expect([checked.status, checked.body]).toEqual([200, expect.objectContaining({ state: 'executed', checker_id: senior.id })]);
    expect((await open.get(client, `/v1/onboarding/applications/${id}`)).body).toMatchObject({ state: 'approved' });
    expect(await open.said(StandingChanged, client.uuid)).toEqual([
      expect.objectContaining({ version: 1 }),
      {
        clientId: client.uuid,
        version: 2,
        state: 'approved',
        mayDeposit: true,
        mayStake: true,
        mayUnstake: true,
        mayWithdraw: true,
        clientClass: 'retail',
      },
    ]);
    expect((await open.get(officer, `/v1/compliance/clients/${client.id}`)).body).toMatchObject({ state: 'approved', version: 2 });

    const trail = await audited(id);
    expect(trail.map((row) => row.action)).toEqual([
      'application.create',
      'application.submit',
      'application.screen',
      'screening.run',
      'application.screened',
      'personal_data.read',
      'application.claim',
      'application.note',
      'application.propose',
      'application.confirm_approval',
    ]);
    expect(trail.find((row) => row.action === 'personal_data.read')).toMatchObject({ actor_id: officer.uuid, reason: 'onboarding_review' });
    expect(trail.at(-1)).toMatchObject({ actor_kind: 'staff', actor_id: senior.uuid, reason: proposed.body['id'] });
    const found = await open.get(auditor, `/v1/compliance/audit?resource=${id}&limit=3`);
    expect((found.body['data'] as { action: string }[]).map((row) => row.action)).toEqual(
      trail
        .slice(-3)
        .reverse()
        .map((row) => row.action),
    );
    expect(found.body['page']).toMatchObject({ has_more: true });
    const byOfficer = await open.get(auditor, `/v1/compliance/audit?actor=${officer.id}&action=application.claim`);
    expect(byOfficer.body['data']).toHaveLength(1);
    expect((await open.get(auditor, '/v1/compliance/audit/verification')).body).toEqual({ ok: true, altered: [], altered_count: 0 });
  });

  it('keeps personal data sealed in its own schema and nowhere else', async () => {
    const secret = { ...someone, full_name: 'Quillfeather Anonymosa', occupation: 'Moonraker', source_of_funds: 'Treasuretrove' };
    const client = await open.client();
    const id = await open.apply(client, secret);
    await open.post(officer, `/v1/compliance/cases/${id}/notes`, { text: 'Quillfeather rang back' });
    const decision = await open.post(officer, `/v1/compliance/cases/${id}/decisions`, {
      outcome: 'approve',
      reason_codes: ['ok'],
      comment: 'Quillfeather is fine',
    });
    await open.check(senior, decision.body['id'], 'approve', { comment: 'Quillfeather indeed' });
    const tables = await open.query<{ name: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
        WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
    );
    expect(tables.length).toBeGreaterThan(20);
    for (const { name } of tables) {
      const hits = await open.query(`SELECT 1 FROM ${name} t WHERE t::text ~* 'Quillfeather|Anonymosa|Moonraker|Treasuretrove'`);
      const sealed = await open.query(`SELECT 1 FROM ${name} t WHERE t::text ~* encode('Quillfeather', 'hex') OR t::text ~* '1990-05-17'`);
      expect([name, hits, sealed]).toEqual([name, [], []]);
    }
    const read = await open.get(senior, `/v1/compliance/decisions/${String(decision.body['id'])}`);
    expect(read.body).toMatchObject({ comment: 'Quillfeather is fine', answer: 'Quillfeather indeed' });
  });

  it('lets four eyes decide once, on what was proposed, in time', async () => {
    const client = await open.client();
    const id = await open.apply(client);
    const first = await open.propose(officer, id);
    expect(code(await open.propose(officer, id))).toBe('application.forbidden_move');
    expect(code(await open.check(await open.staff('treasury'), first.body['id']))).toBe('auth.forbidden');
    expect(code(await open.check(senior, first.body['id'], 'approve', { payload_hash: 'f'.repeat(64) }))).toBe('approval.payload_changed');
    open.clock.advance(73 * 3_600_000);
    expect(code(await open.check(senior, first.body['id']))).toBe('approval.expired');
    const { DecisionsService } = await import('../decisions/decisions.service.js');
    await open.service(DecisionsService).expire();
    expect((await open.get(officer, `/v1/compliance/decisions/${String(first.body['id'])}`)).body).toMatchObject({ state: 'expired' });

    const second = await open.propose(officer, id, 'reject');
    expect((await open.check(senior, second.body['id'], 'deny', { comment: 'no' })).body).toMatchObject({ state: 'denied' });
    expect(code(await open.check(senior, second.body['id']))).toBe('approval.forbidden_move');

    const third = await open.propose(officer, id, 'reject');
    expect((await open.check(senior, third.body['id'])).body).toMatchObject({ state: 'executed' });
    expect(code(await open.check(senior, third.body['id']))).toBe('approval.forbidden_move');
    expect((await open.get(client, `/v1/onboarding/applications/${id}`)).body).toMatchObject({ state: 'rejected' });
    expect(await open.standing(client.uuid)).toMatchObject({ state: 'applicant', version: 1 });
    expect((await open.post(client, '/v1/onboarding/applications', someone)).status).toBe(201); // who was rejected may apply again
  });

  it('replays a decision and its approval, and takes no other body under the same key', async () => {
    const id = await open.apply(await open.client());
    const path = `/v1/compliance/cases/${id}/decisions`;
    const body = { outcome: 'approve', reason_codes: ['ok'] };
    const answers = await Promise.all(Array.from({ length: 8 }, () => open.post(officer, path, body, 'decide-1')));
    expect(new Set(answers.map((a) => `${a.status} ${String(a.body['id'])}`)).size).toBe(1);
    expect(answers.filter((a) => a.headers['idempotent-replayed'] === 'true')).toHaveLength(7);
    expect(code(await open.post(officer, path, { ...body, outcome: 'reject' }, 'decide-1'))).toBe('idempotency.key_reused');
    expect(code(await open.post(officer, path, body, null))).toBe('idempotency.key_missing');
    const approve = `/v1/compliance/decisions/${String(answers[0]?.body['id'])}/approve`;
    const twice = [await open.post(senior, approve, {}, 'approve-1'), await open.post(senior, approve, {}, 'approve-1')];
    expect(twice.map((a) => [a.status, a.body['state'], a.headers['idempotent-replayed']])).toEqual([
      [200, 'executed', undefined],
      [200, 'executed', 'true'],
    ]);
  });

  it('two checkers at once execute a decision once', async () => {
    const client = await open.client();
    const proposed = await open.propose(officer, await open.apply(client));
    const checkers = [senior, await open.staff('mlro'), await open.staff('officer')];
    const answers = await Promise.all(checkers.map((checker) => open.check(checker, proposed.body['id'])));
    expect(answers.map(code).sort()).toEqual([200, 'approval.forbidden_move', 'approval.forbidden_move']);
    expect(await open.said(StandingChanged, client.uuid)).toHaveLength(2);
  });

  it('asks for information: the client sees the question, answers, and is screened again', async () => {
    const client = await open.client();
    const id = await open.apply(client);
    const other = await open.staff('officer');
    await open.post(officer, `/v1/compliance/cases/${id}/claim`);
    expect(code(await open.post(other, `/v1/compliance/cases/${id}/claim`))).toBe('case.claimed_by_another');
    expect(code(await open.propose(other, id))).toBe('case.claimed_by_another');
    await open.post(officer, `/v1/compliance/cases/${id}/notes`, { text: 'looks odd' });
    expect(
      (await open.post(officer, `/v1/compliance/cases/${id}/requests-for-information`, { message: 'Which employer?' })).body,
    ).toMatchObject({ state: 'rfi' });
    const seen = await open.get(client, `/v1/onboarding/applications/${id}`);
    expect(seen.body).toMatchObject({ state: 'information_requested', requests: [{ text: 'Which employer?' }] });
    expect(seen.text).not.toContain('looks odd');
    expect(
      (await open.call(client, 'PUT', `/v1/onboarding/applications/${id}`, { body: { ...someone, occupation: 'pilot' } })).status,
    ).toBe(200);
    expect((await open.post(client, `/v1/onboarding/applications/${id}/submit`, { answer: 'An airline.' })).body).toMatchObject({
      state: 'under_review',
    });
    const read = await open.get(officer, `/v1/compliance/cases/${id}`);
    expect(read.body).toMatchObject({ state: 'officer_review', personal_data: { occupation: 'pilot' } });
    expect((read.body['screenings'] as { trigger: string }[]).map((run) => run.trigger)).toEqual(['customer_added', 'customer_updated']);
    expect((read.body['notes'] as { kind: string }[]).map((note) => note.kind)).toEqual(['note', 'request', 'answer']);
    expect((await open.check(senior, (await open.propose(officer, id)).body['id'])).status).toBe(200);
    expect(code(await open.post(officer, `/v1/compliance/cases/${id}/notes`, { text: 'late' }))).toBe('case.not_open');
  });

  it('shows a client only its own, and staff only what their role may see', async () => {
    const client = await open.client();
    const id = await open.apply(client);
    const stranger = await open.client();
    for (const path of [
      `/v1/onboarding/applications/${id}`,
      '/v1/onboarding/applications/app_x',
      `/v1/onboarding/applications/${client.id}`,
    ]) {
      expect(code(await open.get(stranger, path))).toBe('not_found');
    }
    expect(code(await open.call(stranger, 'PUT', `/v1/onboarding/applications/${id}`, { body: someone }))).toBe('not_found');
    expect(code(await open.post(stranger, `/v1/onboarding/applications/${id}/submit`))).toBe('not_found');
    expect(code(await open.get(null, `/v1/onboarding/applications/${id}`))).toBe('auth.missing');
    for (const who of [client, await open.staff('support'), await open.staff('treasury'), auditor]) {
      expect(code(await open.get(who, `/v1/compliance/cases/${id}`))).toBe('auth.forbidden');
    }
    for (const who of [officer, client, await open.staff('support')])
      expect(code(await open.get(who, '/v1/compliance/audit'))).toBe('auth.forbidden');
    expect(code(await open.get(officer, `/v1/onboarding/applications/${id}`))).toBe('auth.forbidden');
    expect(code(await open.get(officer, '/v1/compliance/cases?cursor=x'))).toBe('cursor.malformed');
    expect(code(await open.get(officer, '/v1/compliance/clients/cli_nobody'))).toBe('client.unknown');
  });

  it.each<[string, object, unknown]>([
    ['a minor', { ...someone, date_of_birth: '2010-01-01' }, 'application.under_age'],
    ['a day that never was', { ...someone, date_of_birth: '1990-02-30' }, 'application.date_of_birth_invalid'],
    ['a date in another form', { ...someone, date_of_birth: '17.05.1990' }, 'validation.failed'],
    ['a time instead of a date', { ...someone, date_of_birth: '1990-05-17T00:00:00Z' }, 'validation.failed'],
    ['a country that is none', { ...someone, nationality: 'XX' }, 'validation.failed'],
    ['a country in small letters', { ...someone, residence: 'hk' }, 'validation.failed'],
    ['a name without letters', { ...someone, full_name: '...' }, 'application.name_invalid'],
    ['a name of control characters', { ...someone, full_name: '\u0007\u202e' }, 'validation.failed'],
    ['a name that is too long', { ...someone, full_name: 'x'.repeat(201) }, 'validation.failed'],
    ['a name that is no text', { ...someone, full_name: { $ne: null } }, 'validation.failed'],
    ['a missing field', { ...someone, source_of_funds: undefined }, 'validation.failed'],
    ['a field that is not there', { ...someone, state: 'approved' }, 'validation.failed'],
    ['U+0000', { ...someone, full_name: 'Or\u0000la' }, 'body.malformed'],
    ['a body that is too large', { ...someone, occupation: 'x'.repeat(70_000) }, 'body.too_large'],
  ])('refuses %s, and keeps nothing of it', async (_name, body, expected) => {
    const client = await open.client();
    expect(code(await open.post(client, '/v1/onboarding/applications', body))).toBe(expected);
    expect((await open.get(client, '/v1/onboarding/applications')).body).toEqual({ data: [] });
  });

  it('takes one application a client, also when several arrive at once and before its registration is known', async () => {
    const client = await open.client(false);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => open.post(client, '/v1/onboarding/applications', { ...someone, full_name: ' 陳\u200b大文\n' })),
    );
    expect(answers.map(code).filter((each) => each === 201)).toHaveLength(1);
    expect(answers.map(code).filter((each) => each === 'application.already_exists')).toHaveLength(4);
    const id = String(answers.find((each) => each.status === 201)?.body['id']);
    expect((await open.get(client, `/v1/onboarding/applications/${id}`)).body).toMatchObject({ data: { full_name: '陳大文' } });
    await open.post(client, `/v1/onboarding/applications/${id}/submit`);
    expect(code(await open.post(client, `/v1/onboarding/applications/${id}/submit`))).toBe('application.forbidden_move');
    expect(code(await open.call(client, 'PUT', `/v1/onboarding/applications/${id}`, { body: someone }))).toBe('application.not_editable');
  });

  it('does not open with a key that cannot read what is stored', async () => {
    await open.apply(await open.client());
    await expect(open.reopen({ PII_KEY: 'b2'.repeat(32) })).rejects.toThrow('pii.key_changed');
    await open.reopen();
  });
});
