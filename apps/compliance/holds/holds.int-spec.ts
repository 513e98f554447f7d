import { accept, assets, newUuid, parseDecimal, publicId, uuidOf } from '#kernel';
import { holdsOf, mustPost, post, type PostingOutcome } from '#ledger';
import { StandingChanged } from '#messages';
import { code, OpenCompliance, type Person } from '../compliance.spec-support.js';

const one = accept(parseDecimal(assets.ETH, '1'));

describe('holds', () => {
  let open: OpenCompliance;
  let officer: Person;
  let senior: Person;

  beforeAll(async () => {
    open = await OpenCompliance.start();
    [officer, senior] = [await open.staff('officer'), await open.staff('senior_officer')];
  });
  afterAll(() => open.close());

  const hold = (who: Person, client: Person, scopes: string[], key?: string) =>
    open.post(
      who,
      '/v1/compliance/holds',
      { client_id: client.id, scopes, reason: 'Court order naming Orla Venn', legal_basis: 'order 7/2026' },
      key,
    );
  const release = (who: Person, id: unknown) => open.post(who, `/v1/compliance/holds/${String(id)}/release`, { comment: 'order lifted' });

  /** One ETH arrives for a client; then custody tries to let it out of suspense. */
  const receive = async (client: Person): Promise<void> => {
    const custody = await open.database.transactor('custody');
    await custody.run((em) =>
      mustPost(em, [
        {
          key: newUuid(),
          kind: 'deposit.receive',
          debit: { kind: 'trust.wallet', owner: newUuid(), asset: 'ETH' },
          credit: { kind: 'client.suspense', owner: client.uuid, asset: 'ETH' },
          amount: one,
          effectiveAt: open.clock.now(),
          reference: newUuid(),
        },
      ]),
    );
  };
  const letOut = async (client: Person): Promise<PostingOutcome | undefined> => {
    const custody = await open.database.transactor('custody');
    const [outcome] = await custody.run((em) =>
      post(em, [
        {
          key: newUuid(),
          kind: 'deposit.release',
          debit: { kind: 'client.suspense', owner: client.uuid, asset: 'ETH' },
          credit: { kind: 'client.available', owner: client.uuid, asset: 'ETH' },
          amount: one,
          effectiveAt: open.clock.now(),
          reference: newUuid(),
        },
      ]),
    );
    return outcome;
  };

  it('binds in the ledger the moment one officer places it, and until two people have lifted it', async () => {
    const client = await open.approved(officer, senior);
    await receive(client);
    const placed = await hold(officer, client, ['deposit', 'withdraw'], 'h-1');
    expect([placed.status, placed.body]).toEqual([201, expect.objectContaining({ state: 'placed', scopes: ['deposit', 'withdraw'] })]);
    expect((await hold(officer, client, ['deposit', 'withdraw'], 'h-1')).headers['idempotent-replayed']).toBe('true');
    expect(await letOut(client)).toEqual({ status: 'refused', reason: 'held' });
    expect(await open.said(StandingChanged, client.uuid)).toEqual([
      expect.objectContaining({ version: 1 }),
      expect.objectContaining({ version: 2, state: 'approved' }),
      expect.objectContaining({ version: 3, state: 'restricted', mayDeposit: false, mayStake: true, mayUnstake: true, mayWithdraw: false }),
    ]);

    const proposed = await release(officer, placed.body['id']);
    expect(proposed.status).toBe(202);
    expect(code(await release(senior, placed.body['id']))).toBe('hold.forbidden_move');
    expect(code(await open.check(officer, proposed.body['id']))).toBe('approval.maker_is_checker');
    expect(code(await open.check(await open.staff('officer'), proposed.body['id']))).toBe('approval.role_not_allowed');
    expect(await letOut(client)).toEqual({ status: 'refused', reason: 'held' });
    expect((await open.check(senior, proposed.body['id'])).body).toMatchObject({ state: 'executed' });
    expect(await letOut(client)).toMatchObject({ status: 'posted' });
    expect(await open.standing(client.uuid)).toMatchObject({ state: 'approved', version: 4, may_deposit: true, may_withdraw: true });
    expect(code(await release(officer, placed.body['id']))).toBe('hold.forbidden_move');
  });

  it('holds what any of several holds covers', async () => {
    const client = await open.approved(officer, senior);
    const [a, b] = [await hold(officer, client, ['stake', 'payout']), await hold(senior, client, ['stake'])];
    const lift = async (id: unknown): Promise<void> => {
      await open.check(senior, (await release(officer, id)).body['id']);
    };
    await lift(a.body['id']);
    expect(await open.standing(client.uuid)).toMatchObject({ state: 'restricted', may_stake: false });
    await lift(b.body['id']);
    expect(await open.standing(client.uuid)).toMatchObject({ state: 'approved', may_stake: true });
  });

  it('goes back when the release is denied', async () => {
    const client = await open.approved(officer, senior);
    const placed = await hold(officer, client, ['unstake']);
    const proposed = await release(officer, placed.body['id']);
    await open.check(senior, proposed.body['id'], 'deny');
    const listed = await open.get(officer, `/v1/compliance/holds?client_id=${client.id}`);
    expect(listed.body['data']).toEqual([expect.objectContaining({ state: 'placed', placed_by: officer.uuid })]);
    expect(listed.text).not.toContain('Orla');
    const read = await open.get(senior, `/v1/compliance/holds/${String(placed.body['id'])}`);
    expect(read.body).toMatchObject({
      reason: 'Court order naming Orla Venn',
      history: [{ event: 'place' }, { event: 'propose_release' }, { event: 'keep' }],
    });
    const looks = await open.query("SELECT actor_id FROM audit.event WHERE action = 'hold.read' AND resource = $1", [placed.body['id']]);
    expect(looks).toEqual([{ actor_id: senior.uuid }]);
    expect(await open.standing(client.uuid)).toMatchObject({ may_unstake: false });
  });

  it('keeps the words of the reason out of the ledger, the audit trail and stored answers', async () => {
    const client = await open.client(); // an applicant can be held as well
    const placed = await hold(officer, client, ['deposit']);
    const compliance = await open.database.transactor('compliance');
    const [kept] = await compliance.run((em) => holdsOf(em, client.uuid));
    expect(kept).toMatchObject({
      holdId: uuidOf('hold', String(placed.body['id'])),
      scopes: ['deposit'],
      legalBasis: 'order 7/2026',
      placedBy: officer.uuid,
    });
    expect(kept?.reason).not.toContain('Orla');
    expect(placed.text).not.toContain('Orla');
    expect(await open.query(`SELECT 1 FROM audit.event e WHERE e::text ~ 'Court order'`)).toEqual([]);
    expect(await open.standing(client.uuid)).toMatchObject({ state: 'applicant', version: 1 });
  });

  it.each<[string, object, unknown]>([
    ['an unknown client', { client_id: publicId('client', newUuid()) }, 'client.unknown'],
    ['an id of something else', { client_id: publicId('hold', newUuid()) }, 'client.unknown'],
    ['no scope', { scopes: [] }, 'validation.failed'],
    ['an unknown scope', { scopes: ['everything'] }, 'validation.failed'],
    ['one scope twice', { scopes: ['stake', 'stake'] }, 'validation.failed'],
    ['no reason', { reason: '  ' }, 'validation.failed'],
    ['no legal basis', { legal_basis: undefined }, 'validation.failed'],
  ])('refuses %s', async (_name, change, expected) => {
    const client = await open.client();
    const body = { client_id: client.id, scopes: ['stake'], reason: 'a reason', legal_basis: 'a basis', ...change };
    expect(code(await open.post(officer, '/v1/compliance/holds', body))).toBe(expected);
  });

  it('is not for clients, support or treasury', async () => {
    const client = await open.client();
    for (const who of [client, await open.staff('support'), await open.staff('treasury'), await open.staff('auditor')]) {
      expect(code(await hold(who, client, ['stake']))).toBe('auth.forbidden');
    }
  });

  it('ends a relationship by two people, when nothing is left, for good', async () => {
    const client = await open.approved(officer, senior);
    const close = (who: Person) => open.post(who, `/v1/compliance/clients/${client.id}/close`, { comment: 'asked to leave' });
    await receive(client);
    expect(code(await close(officer))).toBe('standing.not_empty');
    const empty = await open.approved(officer, senior);
    const proposed = await open.post(officer, `/v1/compliance/clients/${empty.id}/close`, { comment: 'asked to leave' });
    expect(proposed.status).toBe(202);
    await receive(empty); // money arrives meanwhile
    expect(code(await open.check(senior, proposed.body['id']))).toBe('standing.not_empty');
    await open.check(senior, proposed.body['id'], 'deny');

    const gone = await open.approved(officer, senior);
    const last = await open.post(officer, `/v1/compliance/clients/${gone.id}/close`, { comment: 'asked to leave' });
    expect((await open.check(senior, last.body['id'])).body).toMatchObject({ state: 'executed' });
    expect(await open.standing(gone.uuid)).toMatchObject({ state: 'closed', may_withdraw: false });
    await receive(gone);
    expect(await letOut(gone)).toEqual({ status: 'refused', reason: 'held' });
    expect(code(await open.post(officer, `/v1/compliance/clients/${gone.id}/close`, { comment: 'again' }))).toBe('standing.forbidden_move');
  });
});
