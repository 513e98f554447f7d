import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { amount, refuse } from '#kernel';
import { BlocksService } from '../blocks/blocks.service.js';
import { ETH, OpenStaking, operationId, POOL, VAULT, type Person } from '../staking.spec-support.js';

let s: OpenStaking;
let ada: Person;
let pubkey: string;
const open = async (env: Record<string, string> = {}): Promise<void> => {
  s = await OpenStaking.ready(env);
  ada = await s.funded(100n * ETH);
  await s.stake(ada, '32');
  pubkey = await s.fillValidator();
};
afterEach(() => s.close());
const incidents = async (who: Person) => (await s.call(who, 'GET', '/v1/staking/incidents?state=open')).body.data;
const propose = (who: Person, body: object) =>
  s.call(who, 'POST', '/v1/staking/proposals', { pool_id: POOL, comment: 'looked at it', ...body });
const decide = (who: Person, id: string, event: string) =>
  s.call(who, 'POST', `/v1/staking/proposals/${id}/${event}`, { comment: 'looked at it too' });

it('sees a slashing: people learn of it and of what is still to come, nobody waits for it, its losses come by reports', async () => {
  await open();
  await s.stake(ada, '32');
  const other = await s.fillValidator();
  await s.report([{ pubkey }, { pubkey: other }]);
  s.chain.sees(pubkey, '', { status: 'exiting', slashed: true });
  const more = { correlation: amount(ETH / 100n), correlationEpoch: 4_200n, withdrawableEpoch: 8_300n, immediate: amount(ETH / 128n) };
  s.chain.outlook = [{ pubkey, ...more }];
  await s.schedules().watch();
  await s.schedules().watch();
  const officer = await s.staff('officer');
  const [incident] = await incidents(officer);
  expect(incident).toMatchObject({ kind: 'validator.slashed', subject: pubkey });
  const validators = (await s.call(officer, 'GET', '/v1/staking/validators')).body.data;
  expect(validators.find((v: { pubkey: string }) => v.pubkey === pubkey)).toMatchObject({
    state: 'slashed',
    slashing: { further_penalty: { amount: '0.01' }, epoch: '4200' },
  });
  const id = operationId(await s.unstake(ada, '20'));
  await s.report([{ pubkey, reward: -(ETH / 128n) }, { pubkey: other }]);
  s.chain.epoch = 108n;
  await s.schedules().leave();
  expect(await s.requested('exit_request')).toMatchObject([{ pubkey: other }]);
  expect(await s.operation(ada, id)).toMatchObject({ state: 'exit_scheduled' });
  await s.closes();
  const close = () => s.call(officer, 'POST', `/v1/staking/incidents/${incident.id}/close`, { comment: 'client update, see ticket' });
  expect(await close()).toMatchObject({ status: 200, body: { state: 'closed' } });
  expect((await close()).body.code).toBe('incident.forbidden_move');
  expect(await incidents(officer)).toEqual([]);
});

it('carries a loss into a pool with too few shares when two people decided so, and not before', async () => {
  await open();
  await s.report([{ pubkey, reward: -1_000n }]);
  expect(await s.said('report.refused@1')).toMatchObject([{ code: 'report.loss_held', number: 1 }]);
  const [one, two] = [await s.staff('officer'), await s.staff('senior_officer')];
  expect(await incidents(one)).toMatchObject([{ kind: 'report.loss_held', details: { loss_atomic: '1000', permitted_atomic: '0' } }]);
  expect((await propose(one, { kind: 'carry_loss' })).body.code).toBe('proposal.incomplete');
  const made = await propose(one, { kind: 'carry_loss', amount_atomic: '1000' });
  expect(made).toMatchObject({ status: 201, body: { state: 'proposed', dry_run: { permitted_atomic: '1000' } } });
  expect((await decide(one, made.body.id, 'approve')).body.code).toBe('proposal.same_person');
  expect(await decide(two, made.body.id, 'approve')).toMatchObject({ status: 200, body: { state: 'done' } });
  expect((await decide(two, made.body.id, 'reject')).body.code).toBe('proposal.forbidden_move');
  await s.report([{ pubkey, reward: -1_001n }]); // more than they saw
  expect(await s.said('report.refused@1')).toHaveLength(2);
  await s.report([{ pubkey, reward: -1_000n }]);
  await s.closes();
  expect(await s.query('SELECT loss_carried::text, loss_permitted::text FROM staking.pool WHERE id = $1', [POOL])).toEqual([
    { loss_carried: '1000', loss_permitted: '0' },
  ]);
  await s.report([{ pubkey, reward: 1_100n }]);
  await s.closes();
  expect(await s.balance('trust.fee_payable', 'ethereum')).toBe(10n);
});

it('switches a validator to compounding when two people agree on what they saw', async () => {
  await open();
  const [one, two] = [await s.staff('treasury'), await s.staff('treasury')];
  expect((await propose(one, { kind: 'credentials_switch', pubkey: `0x${'12'.repeat(48)}` })).body.code).toBe('proposal.incomplete');
  s.chain.badPlan = refuse('credentials.already_compounding', 'it is').refusal;
  expect(await propose(one, { kind: 'credentials_switch', pubkey })).toMatchObject({
    status: 409,
    body: { code: 'credentials.already_compounding' },
  });
  s.chain.badPlan = null;
  const made = await propose(one, { kind: 'credentials_switch', pubkey });
  expect(made.body.dry_run).toMatchObject({ from: VAULT });
  expect(await s.requested('credentials_switch')).toEqual([]);
  await decide(two, made.body.id, 'approve');
  await s.send('credentials_switch');
  s.chain.sees(pubkey, `0x02${'0'.repeat(22)}${'fa'.repeat(20)}`);
  s.chain.views.set(pubkey, {
    ...(s.chain.views.get(pubkey) as never as object),
    withdrawalCredentials: `0x02${'0'.repeat(22)}${'fa'.repeat(20)}`,
  } as never);
  await s.schedules().watch();
  expect(await s.query('SELECT credentials_type FROM staking.validator')).toEqual([{ credentials_type: 'compounding' }]);
  expect((await s.call(two, 'GET', '/v1/staking/proposals')).body.data).toMatchObject([{ state: 'done', kind: 'credentials_switch' }]);
});

it('looks at every block of ours once: one that paid somebody else is an incident', async () => {
  await open();
  const paid = { slot: 3_300n, proposerPubkey: pubkey, priorityFees: amount(0n), mev: amount(0n) };
  await s.schedules().watch();
  s.chain.epoch += 1n;
  s.chain.executed = [
    { ...paid, blockNumber: 3_201n, recipient: VAULT, priorityFees: amount(5n) },
    { ...paid, blockNumber: 3_202n, recipient: `0x${'bb'.repeat(20)}`, mev: amount(7n) }, // a builder who paid the vault
    { ...paid, blockNumber: 3_203n, recipient: `0x${'cc'.repeat(20)}` },
  ];
  await s.schedules().watch();
  await s.schedules().watch();
  const seen = await s.query<{ kind: string; subject: string }>('SELECT kind, subject FROM staking.incident');
  expect(seen).toEqual([{ kind: 'proposal.foreign_fee_recipient', subject: '3203' }]);
  expect(await s.query('SELECT checked_block::text FROM staking.pool WHERE id = $1', [POOL])).toEqual([
    { checked_block: String(s.chain.epoch * 32n) },
  ]);
});

it("tells the operator's node whom our blocks pay, where there is one to tell", async () => {
  const heard: unknown[] = [];
  let status = 200;
  const node = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      heard.push([request.method, request.url, JSON.parse(body)]);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((done) => node.listen(0, '127.0.0.1', done));
  await open({ OPERATOR_BEACON_URL: `http://127.0.0.1:${(node.address() as AddressInfo).port}` });
  await s.schedules().prepare();
  expect(heard).toEqual([
    ['POST', '/eth/v1/validator/prepare_beacon_proposer', [{ validator_index: expect.any(String) as string, fee_recipient: VAULT }]],
  ]);
  status = 500;
  await expect(s.service(BlocksService).prepare(POOL)).rejects.toMatchObject({ code: 'operator.refused', retryable: true });
  await new Promise((done) => node.close(done));
  await expect(s.service(BlocksService).prepare(POOL)).rejects.toMatchObject({ code: 'operator.unreachable', retryable: true });
});
