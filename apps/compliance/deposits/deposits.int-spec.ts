import { randomBytes } from 'node:crypto';
import { newUuid, publicId } from '#kernel';
import { DepositDetected, DepositRelease, type DepositReleaseV1 } from '#messages';
import { eventually } from '#testing';
import { code, OpenCompliance, type Person } from '../compliance.spec-support.js';

const ETHER = 10n ** 18n;
const LISTED = '0xbad0000000000000000000000000000000000bad';

describe('deposits', () => {
  let open: OpenCompliance;
  let officer: Person;
  let senior: Person;
  let client: Person;

  beforeAll(async () => {
    open = await OpenCompliance.start({ RULE_LIMIT_ETH: '10' });
    [officer, senior] = [await open.staff('officer'), await open.staff('senior_officer')];
    client = await open.approved(officer, senior);
  });
  afterAll(() => open.close());

  interface Detected {
    of?: Person;
    amount?: bigint;
    sender?: string;
    senderKnown?: boolean;
  }
  /** Custody tells of a deposit; answers its id when this room has judged it. */
  const detect = async ({
    of = client,
    amount = ETHER,
    sender = `0x${'5a'.repeat(20)}`,
    senderKnown = true,
  }: Detected = {}): Promise<string> => {
    const depositId = newUuid();
    await open.tell('custody', DepositDetected, depositId, {
      depositId,
      clientId: of.uuid,
      chain: 'ethereum',
      asset: 'ETH',
      amount: amount.toString(),
      sender,
      senderKnown,
      transactionHash: `0x${randomBytes(32).toString('hex')}`,
      blockNumber: '17',
    });
    await eventually(async () => (await open.query('SELECT 1 FROM compliance.deposit WHERE id = $1', [depositId])).length === 1);
    return depositId;
  };
  const released = (depositId: string): Promise<DepositReleaseV1[]> => open.said<DepositReleaseV1>(DepositRelease, depositId);
  const read = async (depositId: string): Promise<Record<string, unknown>> =>
    (await open.get(officer, `/v1/compliance/deposits/${publicId('deposit', depositId)}`)).body;
  const release = (who: Person, depositId: string, key?: string) =>
    open.post(who, `/v1/compliance/deposits/${publicId('deposit', depositId)}/release`, { comment: 'source is plausible' }, key);

  it('clears by rule what comes from a known, clean sender up to the limit', async () => {
    const id = await detect({ amount: 10n * ETHER });
    expect(await released(id)).toEqual([{ depositId: id, basis: 'rule', reference: 'known-sender-within-limit@1' }]);
    expect(await read(id)).toMatchObject({
      state: 'released',
      amount: '10',
      amount_atomic: (10n * ETHER).toString(),
      reasons: [],
      basis: 'rule',
    });
  });

  it('keeps one deposit one deposit, however often custody tells of it', async () => {
    const depositId = newUuid();
    const detected = {
      depositId,
      clientId: client.uuid,
      chain: 'ethereum',
      asset: 'ETH',
      amount: '1',
      sender: `0x${'5a'.repeat(20)}`,
      senderKnown: true,
      transactionHash: `0x${'77'.repeat(32)}`,
      blockNumber: '17',
    };
    for (let i = 0; i < 3; i++) await open.tell('custody', DepositDetected, depositId, detected);
    await eventually(
      async () =>
        (
          await open.query('SELECT 1 FROM delivery.delivery WHERE aggregate = $1 AND subscriber = $2 AND done_at IS NOT NULL', [
            depositId,
            'compliance',
          ])
        ).length === 3,
    );
    expect(await released(depositId)).toHaveLength(1);
  });

  it.each<[string, Detected, string[]]>([
    ['an unknown sender', { senderKnown: false }, ['sender_unknown']],
    ['one wei above the limit', { amount: 10n * ETHER + 1n }, ['above_limit']],
  ])('leaves to one officer: %s', async (_name, change, reasons) => {
    const id = await detect(change);
    expect(await read(id)).toMatchObject({ state: 'under_review', reasons });
    expect(await released(id)).toEqual([]);
    const listed = await open.get(officer, `/v1/compliance/deposits?state=under_review&client_id=${client.id}`);
    expect((listed.body['data'] as { id: string }[]).map((row) => row.id)).toContain(publicId('deposit', id));
    const answers = [await release(officer, id, 'k'), await release(officer, id, 'k')];
    expect(answers.map((a) => [a.status, a.body['state'], a.headers['idempotent-replayed']])).toEqual([
      [200, 'released', undefined],
      [200, 'released', 'true'],
    ]);
    expect(await released(id)).toEqual([
      { depositId: id, basis: 'officer', reference: expect.stringMatching(/^officer-release:op_/) as string, staffId: officer.uuid },
    ]);
    expect(code(await release(officer, id))).toBe('deposit.forbidden_move');
    expect(await read(id)).toMatchObject({ comment: 'source is plausible' });
  });

  it('lets go of money from a listed address only with a second, senior person', async () => {
    const id = await detect({ sender: LISTED });
    expect(await read(id)).toMatchObject({
      state: 'under_review',
      reasons: ['sender_listed'],
      matches: [{ kind: 'address', entry: 'IA-0001', state: 'pending' }],
    });
    const proposed = await release(officer, id);
    expect([proposed.status, proposed.body]).toEqual([202, expect.objectContaining({ action: 'deposit.release', state: 'requested' })]);
    expect(await released(id)).toEqual([]);
    expect(code(await release(officer, id))).toBe('approval.already_requested');
    expect(code(await open.check(officer, proposed.body['id']))).toBe('approval.maker_is_checker');
    expect(code(await open.check(await open.staff('officer'), proposed.body['id']))).toBe('approval.role_not_allowed');
    expect((await open.check(senior, proposed.body['id'])).body).toMatchObject({ state: 'executed' });
    expect(await released(id)).toEqual([{ depositId: id, basis: 'officer', reference: proposed.body['id'], staffId: senior.uuid }]);
    expect(await read(id)).toMatchObject({ state: 'released', matches: [{ state: 'false_positive' }] });
  });

  it('never lets go of money from a confirmed sender', async () => {
    const id = await detect({ sender: LISTED });
    const [match] = (await read(id))['matches'] as { id: string }[];
    const resolved = await open.post(officer, `/v1/compliance/matches/${match?.id}/resolve`, { outcome: 'true_match', comment: 'it is' });
    expect((await open.check(senior, resolved.body['id'])).status).toBe(200);
    expect(code(await release(officer, id))).toBe('deposit.sender_confirmed');
    expect(await open.standing(client.uuid)).toMatchObject({ state: 'approved' }); // the sender is listed, not the client
  });

  it('stays under review when denied, and can be proposed again', async () => {
    const id = await detect({ sender: LISTED });
    const first = await release(officer, id);
    expect((await open.check(senior, first.body['id'], 'deny')).body).toMatchObject({ state: 'denied' });
    expect(await released(id)).toEqual([]);
    expect((await release(officer, id)).status).toBe(202);
  });

  it('keeps a deposit before approval, and of somebody nobody knows, until there is an approved client', async () => {
    const applicant = await open.client();
    const id = await detect({ of: applicant });
    expect(await read(id)).toMatchObject({ state: 'under_review', reasons: ['standing_not_approved'] });
    expect(code(await release(officer, id))).toBe('deposit.standing_not_approved');
    const stranger = { ...applicant, uuid: newUuid() };
    expect(await read(await detect({ of: stranger }))).toMatchObject({ reasons: ['standing_not_approved'] });
    const proposed = await open.propose(officer, await open.apply(applicant));
    await open.check(senior, proposed.body['id']);
    expect((await release(officer, id)).status).toBe(200);
    expect(await released(id)).toHaveLength(1);
  });

  it('keeps a held client’s deposit', async () => {
    const held = await open.approved(officer, senior);
    const body = { client_id: held.id, scopes: ['deposit'], reason: 'court order', legal_basis: 'order 7/2026' };
    await open.post(officer, '/v1/compliance/holds', body);
    const id = await detect({ of: held });
    expect(await read(id)).toMatchObject({ state: 'under_review', reasons: ['client_held'] });
    expect(code(await release(officer, id))).toBe('deposit.client_held');
    expect(await released(id)).toEqual([]);
  });

  it('refuses who may not release, and bodies that say nothing', async () => {
    const id = await detect({ senderKnown: false });
    for (const who of [client, await open.staff('support'), await open.staff('auditor'), await open.staff('treasury')]) {
      expect(code(await release(who, id))).toBe('auth.forbidden');
    }
    const path = `/v1/compliance/deposits/${publicId('deposit', id)}/release`;
    expect(code(await open.post(officer, path, {}))).toBe('validation.failed');
    expect(code(await open.post(officer, path, { comment: ' \u200b ' }))).toBe('validation.failed');
    expect(code(await open.post(officer, path, { comment: 'fine' }, null))).toBe('idempotency.key_missing');
    expect(code(await release(officer, newUuid()))).toBe('not_found');
    expect(code(await open.post(officer, '/v1/compliance/deposits/dep_x/release', { comment: 'fine' }))).toBe('not_found');
    expect(code(await open.get(officer, '/v1/compliance/deposits?state=gone'))).toBe('validation.failed');
  });

  it('pages through them without gap or repeat, and takes no cursor of another list', async () => {
    const all = (await open.get(officer, '/v1/compliance/deposits?limit=200')).body['data'] as { id: string }[];
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await open.get(officer, `/v1/compliance/deposits?limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...(body['data'] as { id: string }[]).map((row) => row.id));
      cursor = (body['page'] as { next_cursor: string | null }).next_cursor ?? '';
      if (cursor) expect(code(await open.get(officer, `/v1/compliance/deposits?state=released&cursor=${cursor}`))).toBe('cursor.foreign');
    } while (cursor);
    expect(seen).toEqual(all.map((row) => row.id));
  });
});
