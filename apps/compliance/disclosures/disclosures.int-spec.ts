import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newUuid } from '#kernel';
import { DisclosureAccepted, DisclosureAcknowledged, DisclosurePublished } from '#messages';
import { eventually } from '#testing';
import { code, OpenCompliance, type Person } from '../compliance.spec-support.js';
import { DisclosuresService } from './disclosures.service.js';

const PATH = '/v1/compliance/disclosures/eth-payout';

describe('disclosures', () => {
  let open: OpenCompliance;
  let client: Person;
  const folder = mkdtempSync(join(tmpdir(), 'disclosures-'));
  const file = join(folder, 'eth-payout.md');

  beforeAll(async () => {
    copyFileSync(join(import.meta.dirname, 'documents', 'eth-payout.md'), file);
    open = await OpenCompliance.start({ DISCLOSURES: folder });
    client = await open.client();
  });
  afterAll(async () => {
    await open.close();
    rmSync(folder, { recursive: true });
  });

  const current = async (): Promise<{ product_id: string; version: number; hash: string }> => {
    const { product_id, version, hash } = (await open.get(null, PATH)).body as { product_id: string; version: number; hash: string };
    return { product_id, version, hash };
  };
  const acknowledge = (who: Person, body: object) =>
    open.call(who, 'POST', '/v1/compliance/acknowledgements', { body, headers: { 'user-agent': 'Wanderer/1.0' } });

  it('publishes what is shipped once, for anybody to read', async () => {
    const read = await open.get(null, PATH);
    expect([read.status, read.body]).toEqual([
      200,
      expect.objectContaining({ product_id: 'eth-payout', version: 1, text: readFileSync(file, 'utf8') }),
    ]);
    expect((read.body['sections'] as { title: string }[]).map((section) => section.title)).toContain('Risk: slashing');
    await open.reopen();
    expect(await open.said(DisclosurePublished, 'eth-payout')).toEqual([{ productId: 'eth-payout', version: 1, hash: read.body['hash'] }]);
    for (const path of ['/v1/compliance/disclosures/none', '/v1/compliance/disclosures/ETH%20', `${PATH}?version=2`]) {
      expect(code(await open.get(null, path))).toBe('not_found');
    }
  });

  it('registers an acknowledgement once, with its evidence sealed', async () => {
    const body = await current();
    const answers = [await acknowledge(client, body), await acknowledge(client, body)];
    expect(answers.map((a) => a.status)).toEqual([201, 200]);
    expect(answers[1]?.body).toEqual(answers[0]?.body);
    expect(await open.said(DisclosureAcknowledged, client.uuid)).toEqual([
      { clientId: client.uuid, productId: 'eth-payout', version: 1, hash: body.hash },
    ]);
    const rows = await open.query<{ ip: Buffer; user_agent: Buffer }>(
      'SELECT ip, user_agent FROM compliance.acknowledgement WHERE client_id = $1',
      [client.uuid],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.user_agent.includes('Wanderer')).toBe(false);
    expect((await open.get(client, '/v1/compliance/acknowledgements')).body).toEqual({
      data: [expect.objectContaining({ version: 1, channel: 'direct' })],
    });
  });

  it('refuses another version, another hash, an unknown product and who is no client', async () => {
    const body = await current();
    expect(code(await acknowledge(client, { ...body, version: 7 }))).toBe('disclosure.not_current');
    expect(code(await acknowledge(client, { ...body, hash: `0x${'00'.repeat(32)}` }))).toBe('disclosure.hash_mismatch');
    expect(code(await acknowledge(client, { ...body, hash: 'yes' }))).toBe('validation.failed');
    expect(code(await acknowledge(client, { ...body, product_id: 'usdc-yield' }))).toBe('disclosure.unknown');
    expect(code(await acknowledge(await open.staff('officer'), body))).toBe('auth.forbidden');
  });

  it('registers what an order carried, once an order', async () => {
    const { version, hash } = await current();
    const accepted = { clientId: client.uuid, operationId: newUuid(), productId: 'eth-payout', version, hash };
    await open.tell('staking', DisclosureAccepted, client.uuid, accepted);
    await open.tell('staking', DisclosureAccepted, client.uuid, accepted);
    const rows = () =>
      open.query("SELECT 1 FROM compliance.acknowledgement WHERE channel = 'order' AND operation_id = $1", [accepted.operationId]);
    await eventually(
      async () => (await open.query("SELECT 1 FROM delivery.delivery WHERE producer = 'staking' AND done_at IS NOT NULL")).length === 2,
    );
    expect(await rows()).toHaveLength(1);
    const trail = await open.query<{ details: object }>(
      "SELECT details FROM audit.event WHERE action = 'disclosure.acknowledge' ORDER BY seq DESC LIMIT 1",
    );
    expect(trail[0]?.details).toMatchObject({ channel: 'order', published: true });
  });

  it('makes a changed text a new version: what was acknowledged before no longer counts', async () => {
    const before = await current();
    writeFileSync(file, `${readFileSync(file, 'utf8')}\nThis sentence is new.\n`);
    await open.reopen();
    const after = await current();
    expect(after.version).toBe(2);
    expect(after.hash).not.toBe(before.hash);
    expect(await open.said(DisclosurePublished, 'eth-payout')).toHaveLength(2);
    expect(code(await acknowledge(client, before))).toBe('disclosure.not_current');
    expect((await acknowledge(client, after)).status).toBe(201);
    expect((await open.get(null, `${PATH}?version=1`)).body).toMatchObject({ version: 1, hash: before.hash });
  });

  it('publishes nothing that lacks a section, and does not open with it', async () => {
    const text = readFileSync(file, 'utf8');
    const without = text.replace(/## Risk: hacking\n[^#]+/, '');
    const service = open.service(DisclosuresService);
    expect(await open.run((em) => service.publish(em, 'eth-payout', without))).toMatchObject({
      ok: false,
      refusal: { code: 'disclosure.section_missing' },
    });
    writeFileSync(file, text.replace(/(## Risk: hacking\n)[^#]+/, '$1\n'));
    await expect(open.reopen()).rejects.toThrow('disclosure.section_empty');
    writeFileSync(file, text);
    await open.reopen();
    expect((await current()).version).toBe(2);
  });
});
