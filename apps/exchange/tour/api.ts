import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 30_000;
const AGAIN_MS = 250;

/** A problem document that came back where an answer was expected (or expected, where the story asks for a refusal). */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly request: string,
    readonly facts: Record<string, unknown> = {},
  ) {
    super(`${request} answered ${status} ${code}: ${detail}`);
  }
}

export type Json = Record<string, unknown>;

/** The public REST API as one caller uses it. */
export class Api {
  constructor(
    readonly baseUrl: string,
    private readonly token?: string,
  ) {}

  as(token: string): Api {
    return new Api(this.baseUrl, token);
  }

  get<T = Json>(path: string): Promise<T> {
    return this.send<T>('GET', path);
  }

  /** `key`: the Idempotency-Key; made up when the caller has none. */
  post<T = Json>(path: string, body: Json = {}, key: string = randomUUID()): Promise<T> {
    return this.send<T>('POST', path, body, key);
  }

  put<T = Json>(path: string, body: Json): Promise<T> {
    return this.send<T>('PUT', path, body, randomUUID());
  }

  async text(path: string): Promise<string> {
    const response = await fetch(this.baseUrl + path, { headers: this.headers() });
    if (!response.ok) throw await problem(response, `GET ${path}`);
    return response.text();
  }

  /** The problem that the request must end in; throws when it succeeds. */
  async refused(call: (api: this) => Promise<unknown>): Promise<ApiProblem> {
    try {
      await call(this);
    } catch (error) {
      if (error instanceof ApiProblem) return error;
      throw error;
    }
    throw new Error('a refusal was expected, and the request was granted');
  }

  private async send<T>(method: string, path: string, body?: Json, key?: string): Promise<T> {
    const headers = {
      ...this.headers(),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const response = await this.patiently(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (!response.ok) throw await problem(response, `${method} ${path}`);
    const text = await response.text();
    return (text ? JSON.parse(text) : {}) as T;
  }

  /** Nobody there for a moment: the same request once more, with the same key, as any client should. */
  private async patiently(path: string, init: RequestInit): Promise<Response> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const response = await fetch(this.baseUrl + path, init);
      const code = response.status === 503 ? ((await response.clone().json()) as { code?: string }).code : undefined;
      if (code !== 'unavailable' || performance.now() > deadline) return response;
      await pause(AGAIN_MS);
    }
  }

  private headers(): Record<string, string> {
    return { accept: 'application/json', ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }) };
  }
}

async function problem(response: Response, request: string): Promise<ApiProblem> {
  const text = await response.text();
  try {
    const { code, detail, facts } = JSON.parse(text) as { code: string; detail: string; facts?: Record<string, unknown> };
    return new ApiProblem(response.status, code, detail, request, facts);
  } catch {
    return new ApiProblem(response.status, 'unreadable', text.slice(0, 200), request);
  }
}
