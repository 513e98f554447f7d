import { newUuid, uuid5 } from '#kernel';
import { placeHold } from '#ledger';
import { StandingProcessor } from '../standing/standing.processor.js';
import { DISCLOSURE, ETH, OpenStaking, operationId, POOL, type Called, type Person } from '../staking.spec-support.js';

const codeOf = (called: Called): [number, string] => [called.status, called.body.code as string];

describe('placing orders', () => {
  let s: OpenStaking;
  beforeAll(async () => {
    s = await OpenStaking.ready();
  });
  afterAll(() => s.close());
  const reserved = (who: Person): Promise<bigint> => s.balance('client.reserved', who.uuid);

  it('reserves once for one key, however often and at once it is sent', async () => {
    const ada = await s.funded(10n * ETH);
    const key = newUuid();
    const all = await Promise.all(Array.from({ length: 50 }, () => s.stake(ada, '1', {}, key)));
    expect(new Set(all.map((r) => r.status))).toEqual(new Set([202]));
    expect(new Set(all.map(operationId)).size).toBe(1);
    expect(all.filter((r) => r.headers['idempotent-replayed'] === 'true')).toHaveLength(49);
    expect(await reserved(ada)).toBe(ETH);
    expect(codeOf(await s.stake(ada, '2', {}, key))).toEqual([422, 'idempotency.key_reused']);
    expect(await reserved(ada)).toBe(ETH);
    const acts = await s.acts(ada);
    expect(acts).toMatchObject([{ action: 'stake.place', details: { product: 'eth-payout', asset: 'ETH', amount_atomic: String(ETH) } }]);
    expect(acts.map((a) => a.resource)).toEqual(all.slice(0, 1).map(operationId));
    await s.closes();
  });

  it('lets one of two stakes over the balance win', async () => {
    const bo = await s.funded(3n * ETH);
    const both = await Promise.all([s.stake(bo, '2'), s.stake(bo, '2')]);
    expect(both.map((r) => r.status).sort()).toEqual([202, 422]);
    expect(both.find((r) => r.status === 422)?.body.code).toBe('stake.insufficient_balance');
    expect(await s.balance('client.available', bo.uuid)).toBe(ETH);
  });

  it('decides a crowd of clients together, each for itself', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, (_, i) => (i % 3 === 0 ? s.client() : s.funded(ETH))));
    const replies = await Promise.all(people.map((who) => s.stake(who, '0.5')));
    expect(replies.map((r) => r.status)).toEqual(people.map((_, i) => (i % 3 === 0 ? 422 : 202)));
    const trail = await Promise.all(people.map((who) => s.acts(who)));
    expect(trail.map((acts) => acts.map((a) => a.action))).toEqual(people.map((_, i) => (i % 3 === 0 ? [] : ['stake.place'])));
    // each in the name of its own request, though requests share a transaction
    expect(new Set(trail.flat().map((a) => a.details['correlation'])).size).toBe(8);
    await s.closes();
  });

  it('replays a refusal too', async () => {
    const cy = await s.client();
    const key = newUuid();
    expect(codeOf(await s.stake(cy, '1', {}, key))).toEqual([422, 'stake.insufficient_balance']);
    await s.fund(cy, 2n * ETH);
    const again = await s.stake(cy, '1', {}, key);
    expect(codeOf(again)).toEqual([422, 'stake.insufficient_balance']);
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect((await s.stake(cy, 'max')).body).toMatchObject({ amount: '2' });
  });

  it('refuses bad amounts, assets, products and keys, each by its own code', async () => {
    const di = await s.funded(5n * ETH);
    const codes: [string, [number, string]][] = [
      ['0', [422, 'stake.below_minimum']],
      ['0.000099999999999999', [422, 'stake.below_minimum']],
      ['-1', [400, 'amount.malformed']],
      ['1e3', [400, 'amount.malformed']],
      ['0x10', [400, 'amount.malformed']],
      [' 1', [400, 'amount.malformed']],
      ['1.0000000000000000001', [400, 'amount.precision_exceeded']],
      ['99999999999999999999999', [400, 'amount.too_large']],
      ['6', [422, 'stake.insufficient_balance']],
    ];
    for (const [text, expected] of codes) expect([text, codeOf(await s.stake(di, text))]).toEqual([text, expected]);
    const post = (body: object, key: string | null = newUuid()) => s.call(di, 'POST', '/v1/staking/stakes', body, key);
    expect(codeOf(await post({ asset: 'DOGE', amount: '1' }))).toEqual([422, 'stake.unknown_asset']);
    expect(codeOf(await post({ asset: 'ETH-PAYOUT-1', amount: '1' }))).toEqual([422, 'stake.unknown_asset']);
    expect(codeOf(await post({ product_id: 'nope', amount: '1' }))).toEqual([422, 'stake.unknown_product']);
    expect(codeOf(await post({ amount: '1' }))).toEqual([400, 'validation.failed']);
    expect(codeOf(await post({ asset: 'ETH', amount: 1 }))).toEqual([400, 'validation.failed']);
    expect(codeOf(await post({ asset: 'ETH', amount: '1', fee: '0' }))).toEqual([400, 'validation.failed']);
    expect(codeOf(await post({ asset: 'ETH', amount: '1' }, null))).toEqual([400, 'idempotency.key_missing']);
    expect(codeOf(await s.call(null, 'POST', '/v1/staking/stakes', { asset: 'ETH', amount: '1' }))).toEqual([401, 'auth.missing']);
    expect(await reserved(di)).toBe(0n);
    expect((await s.stake(di, '0.0001')).status).toBe(202);
  });

  it('refuses who is not approved, and says why', async () => {
    const applicant = await s.client(false);
    await s.fund(applicant, ETH);
    const reply = await s.stake(applicant, '1');
    expect(codeOf(reply)).toEqual([403, 'stake.not_approved']);
    expect(reply.body.facts).toMatchObject({ standing: 'applicant' });
    await s.stands(applicant, 1, 'approved');
    await s.stands(applicant, 1, 'applicant'); // not newer: ignored
    expect(codeOf(await s.stake(applicant, '1'))).toEqual([409, 'stake.disclosure_not_accepted']);
  });

  it('asks for the disclosure in force, takes it with the order, and tells compliance', async () => {
    const ed = await s.client(false);
    await s.fund(ed, 3n * ETH);
    await s.stands(ed, 1, 'approved');
    const first = await s.stake(ed, '1');
    expect(first.body.facts).toMatchObject({ product_id: 'eth-payout', version: 1, hash: DISCLOSURE.hash });
    const accepting = (version: number, hash: string) => ({ accepted_disclosures: [{ product_id: 'eth-payout', version, hash }] });
    expect(codeOf(await s.stake(ed, '1', accepting(2, DISCLOSURE.hash)))).toEqual([409, 'stake.disclosure_not_accepted']);
    expect(codeOf(await s.stake(ed, '1', accepting(1, 'ab'.repeat(32))))).toEqual([409, 'stake.disclosure_not_accepted']);
    const taken = await s.stake(ed, '1', accepting(1, DISCLOSURE.hash.slice(2)));
    expect(taken.status).toBe(202);
    expect((await s.said('disclosure.accepted@1')).filter((p) => p.clientId === ed.uuid)).toMatchObject([
      { version: 1, hash: DISCLOSURE.hash },
    ]);
    expect((await s.stake(ed, '1')).status).toBe(202); // remembered

    const next = { ...DISCLOSURE, version: 2, hash: `0x${'d2'.repeat(32)}` };
    await s.hear(StandingProcessor, 'published', next);
    expect((await s.stake(ed, '1')).body.facts).toMatchObject({ version: 2, hash: next.hash });
    const product = (await s.call(ed, 'GET', '/v1/staking/products/eth-payout')).body;
    expect(product.eligibility).toMatchObject({ allowed: false, reasons: [{ code: 'stake.disclosure_not_accepted' }] });
    await s.query('UPDATE staking.disclosure SET version = 1, hash = $1', [DISCLOSURE.hash]);
  });

  it('says the same neutral words to whoever is held or restricted', async () => {
    const held = await s.funded(2n * ETH);
    const compliance = await s.database.transactor('compliance');
    await compliance.run((em) =>
      placeHold(em, {
        holdId: newUuid(),
        owner: held.uuid,
        scopes: ['stake'],
        reason: 'screening',
        legalBasis: 'AMLO',
        placedBy: 'officer',
      }),
    );
    const byHold = await s.stake(held, '1');
    expect(codeOf(byHold)).toEqual([423, 'stake.under_review']);
    const restricted = await s.funded(2n * ETH);
    await s.stands(restricted, 2, 'restricted');
    const byStanding = await s.stake(restricted, '1');
    expect({ ...byStanding.body, instance: '' }).toEqual({ ...byHold.body, instance: '' });
    expect(await reserved(held)).toBe(0n);
  });

  it('honours quotes of the client itself, while they are valid', async () => {
    const [fay, gus] = [await s.funded(ETH), await s.funded(ETH)];
    const asked = await s.call(fay, 'POST', '/v1/staking/quotes', { product_id: 'eth-payout', side: 'stake', amount: '1' });
    const quote = { quote_id: asked.body.quote_id as string };
    expect(codeOf(await s.stake(gus, '1', quote))).toEqual([422, 'stake.quote_unknown']);
    expect(codeOf(await s.stake(gus, '1', { quote_id: 'quo_1' }))).toEqual([422, 'stake.quote_unknown']);
    s.clock.advance(400_000);
    expect(codeOf(await s.stake(fay, '1', quote))).toEqual([409, 'stake.quote_expired']);
  });

  it('shows a client only its own', async () => {
    const [hal, ida] = [await s.funded(ETH), await s.funded(ETH)];
    const id = operationId(await s.stake(hal, '1'));
    expect(codeOf(await s.call(ida, 'GET', `/v1/staking/operations/${id}`))).toEqual([404, 'not_found']);
    expect(codeOf(await s.call(ida, 'POST', `/v1/staking/operations/${id}/cancel`))).toEqual([404, 'not_found']);
    expect(codeOf(await s.call(ida, 'GET', `/v1/staking/operations/op_${uuid5('x')}`))).toEqual([404, 'not_found']);
    expect(codeOf(await s.call(ida, 'GET', '/v1/staking/operations?cursor=xyz'))).toEqual([400, 'cursor.malformed']);
  });

  it('gives staff what is theirs to see, and nobody else', async () => {
    const [treasury, support] = [await s.staff('treasury'), await s.staff('support')];
    const client = await s.client();
    expect((await s.call(treasury, 'GET', '/v1/staking/validators')).status).toBe(200);
    expect((await s.call(treasury, 'GET', '/v1/staking/allocations')).body.page).toMatchObject({ has_more: false });
    for (const who of [support, client])
      expect(codeOf(await s.call(who, 'GET', '/v1/staking/validators'))).toEqual([403, 'auth.forbidden']);
    expect(codeOf(await s.call(treasury, 'POST', '/v1/staking/stakes', { asset: 'ETH', amount: '1' }))).toEqual([403, 'auth.forbidden']);
    expect(codeOf(await s.call(null, 'GET', '/v1/staking/pools/nope'))).toEqual([404, 'not_found']);
    expect((await s.call(null, 'GET', `/v1/staking/pools/${POOL}`)).status).toBe(200);
  });

  it('refuses to unstake what is not there', async () => {
    const jo = await s.funded(ETH);
    const un = (body: object) => s.call(jo, 'POST', '/v1/staking/unstakes', { product_id: 'eth-payout', ...body });
    expect(codeOf(await un({ amount: '1' }))).toEqual([422, 'unstake.insufficient_shares']);
    expect(codeOf(await un({ amount: 'max' }))).toEqual([422, 'unstake.insufficient_shares']);
    expect(codeOf(await un({ shares: '1' }))).toEqual([422, 'unstake.insufficient_shares']);
    expect(codeOf(await un({}))).toEqual([422, 'unstake.amount_or_shares']);
    expect(codeOf(await un({ amount: '1', shares: '1' }))).toEqual([422, 'unstake.amount_or_shares']);
    expect(codeOf(await un({ amount: '-1' }))).toEqual([400, 'amount.malformed']);
  });
});
