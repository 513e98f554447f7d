/**
 * The floor of a staking door: node:http and two bare `pg` clients. What has arrived shares a transaction: claim the keys, one UPDATE of the
 * balances, one INSERT of the orders. Nobody is identified but by the token itself; no validation, standing, history, postings, messages.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type pg from 'pg';
import { connect } from '../clients.js';
import type { OpenServer } from './server.js';

export const BARE_SETUP = `
  CREATE SCHEMA IF NOT EXISTS bench;
  CREATE TABLE bench.stake_request(key text PRIMARY KEY, hash bytea NOT NULL);
  CREATE TABLE bench.stake_account(token text PRIMARY KEY, balance numeric NOT NULL CHECK (balance >= 0)) WITH (fillfactor = 70);
  CREATE TABLE bench.stake_order(
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, token text NOT NULL, amount numeric NOT NULL, at timestamptz NOT NULL DEFAULT now());
`;

const CLAIM = {
  name: 'claim',
  text: 'INSERT INTO bench.stake_request(key, hash) SELECT * FROM unnest($1::text[], $2::bytea[]) ON CONFLICT DO NOTHING RETURNING key',
};
const MOVE = {
  name: 'move',
  text: `UPDATE bench.stake_account a SET balance = a.balance - s.amount
           FROM (SELECT q.token, q.amount FROM (SELECT token, sum(amount) AS amount FROM unnest($1::text[], $2::numeric[]) AS u (token, amount) GROUP BY token) q
                   JOIN bench.stake_account l ON l.token = q.token ORDER BY l.token FOR UPDATE OF l) s
          WHERE a.token = s.token`,
};
const ORDER = {
  name: 'order',
  text: 'INSERT INTO bench.stake_order(token, amount) SELECT * FROM unnest($1::text[], $2::numeric[]) RETURNING id',
};
const MOST = 200;
const WEI = 10n ** 18n;

interface Asked {
  readonly key: string;
  readonly hash: string;
  readonly token: string;
  readonly wei: string;
  readonly response: ServerResponse;
}

export async function openBare(url: string): Promise<OpenServer> {
  const clients = await connect(url, 2);
  const idle = [...clients.all];
  let waiting: Asked[] = [];
  const next = (): void => {
    if (waiting.length === 0) return;
    const client = idle.pop();
    if (!client) return;
    const batch = waiting.slice(0, MOST);
    waiting = waiting.slice(MOST);
    decide(client, batch)
      .catch((error: unknown) => batch.forEach(({ response }) => send(response, 500, { error: String(error) })))
      .finally(() => {
        idle.push(client);
        next();
      });
  };
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      waiting.push(read(request, text, response));
      setImmediate(next); // what else has arrived shares the transaction
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await clients.close();
    },
  };
}

function read(request: IncomingMessage, text: string, response: ServerResponse): Asked {
  const { amount } = JSON.parse(text) as { amount: string };
  const [whole = '0', part = ''] = amount.split('.');
  return {
    key: String(request.headers['idempotency-key']),
    hash: `\\x${createHash('sha256').update(text).digest('hex')}`,
    token: (request.headers.authorization ?? '').slice('Bearer '.length),
    wei: (BigInt(whole) * WEI + BigInt(part.padEnd(18, '0'))).toString(),
    response,
  };
}

async function decide(client: pg.Client, batch: readonly Asked[]): Promise<void> {
  await client.query('BEGIN');
  try {
    const claimed = await client.query<{ key: string }>({ ...CLAIM, values: [batch.map((a) => a.key), batch.map((a) => a.hash)] });
    const fresh = new Set(claimed.rows.map((row) => row.key));
    const todo = batch.filter((a) => fresh.has(a.key));
    const values = [todo.map((a) => a.token), todo.map((a) => a.wei)];
    await client.query({ ...MOVE, values });
    const orders = await client.query<{ id: string }>({ ...ORDER, values });
    await client.query('COMMIT');
    todo.forEach(({ response, wei }, index) => send(response, 202, { id: orders.rows[index]?.id, state: 'queued', amount_atomic: wei }));
    for (const { response, key } of batch) if (!fresh.has(key)) send(response, 409, { error: 'seen before' });
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text);
}
