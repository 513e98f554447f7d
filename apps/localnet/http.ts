/** A small router over node:http: JSON in and out, loopback only. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Report } from './options.js';

const BODY_LIMIT_BYTES = 2_000_000;
const LOCAL_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/** A refusal of one of the faces. `code` is dotted and stable; a face with a protocol of its own shows it in that protocol's shape. */
export class FaceError extends Error {
  override readonly name = 'FaceError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON of a POST; undefined when there was none. */
  readonly body: unknown;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Answers a value to be sent as JSON; one that has already answered by itself (`response.headersSent`) is left alone. */
export type Handler = (call: Call) => unknown;
/** Keys are `METHOD /path/{parameter}`. */
export type Routes = Readonly<Record<string, Handler>>;
export type ErrorShape = (status: number, code: string, message: string) => unknown;

export interface Face {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * A page in a browser can reach loopback, also by a name of its own that resolves to it: only plain local Host headers pass, and nothing
 * that a browser sends on behalf of another site.
 */
export function assertLocal(request: IncomingMessage): void {
  const site = request.headers['sec-fetch-site'];
  const foreign = request.headers.origin !== undefined || (site !== undefined && site !== 'none' && site !== 'same-origin');
  if (foreign || !LOCAL_HOST.test(request.headers.host ?? '')) {
    throw new FaceError(403, 'localnet.foreign_origin', 'only programs on this machine may call: no browser pages, no other host names');
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > BODY_LIMIT_BYTES) throw new FaceError(413, 'localnet.body_too_large', `a body holds at most ${BODY_LIMIT_BYTES} bytes`);
    parts.push(part);
  }
  const text = Buffer.concat(parts).toString('utf8');
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new FaceError(400, 'localnet.malformed_json', 'the body is not JSON');
  }
}

interface CompiledRoute {
  readonly method: string;
  readonly pattern: RegExp;
  readonly handler: Handler;
}

const compile = (routes: Routes): CompiledRoute[] =>
  Object.entries(routes).map(([key, handler]) => {
    const [method = '', path = ''] = key.split(' ');
    return { method, pattern: new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`), handler };
  });

async function dispatch(table: readonly CompiledRoute[], request: IncomingMessage, response: ServerResponse): Promise<unknown> {
  assertLocal(request);
  const url = new URL(request.url ?? '/', 'http://localhost');
  let pathKnown = false;
  for (const route of table) {
    const match = route.pattern.exec(url.pathname);
    if (!match) continue;
    pathKnown = true;
    if (route.method !== request.method) continue;
    const body = request.method === 'POST' ? await readJson(request) : undefined;
    return await route.handler({ params: { ...match.groups }, query: url.searchParams, body, request, response });
  }
  if (pathKnown) throw new FaceError(405, 'localnet.method_not_allowed', `${request.method ?? ''} is not offered here`);
  throw new FaceError(404, 'localnet.not_found', `no such path: ${url.pathname}`);
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(value === undefined ? undefined : JSON.stringify(value));
}

/** Listens on 127.0.0.1 (`port` 0: any free port). Errors are rendered by `shape`, so that each face speaks its own protocol. */
export async function serve(port: number, routes: Routes, shape: ErrorShape, report: Report): Promise<Face> {
  const table = compile(routes);
  const server = createServer((request, response) => {
    dispatch(table, request, response).then(
      (value) => {
        if (!response.headersSent) sendJson(response, 200, value);
      },
      (error: unknown) => {
        const known = error instanceof FaceError;
        if (!known) report(`${request.method ?? ''} ${request.url ?? ''} failed`, error);
        const message = error instanceof Error ? error.message : String(error);
        if (response.headersSent) response.end();
        else if (known) sendJson(response, error.status, shape(error.status, error.code, message));
        else sendJson(response, 500, shape(500, 'localnet.failed', message));
      },
    );
  });
  const bound = await listen(server, port);
  return {
    url: `http://127.0.0.1:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
