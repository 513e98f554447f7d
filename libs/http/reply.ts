/** What a door answers: a status, a JSON body, and headers such as Location. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A Reply that the server recognises: a controller returns it and status and headers are sent with the body. */
export class Answer implements Reply {
  constructor(
    readonly status: number,
    readonly body: unknown,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  /** Whether the body is a problem document. */
  get isProblem(): boolean {
    return this.status >= 400;
  }
}

export const answer = (reply: Reply): Answer =>
  reply instanceof Answer ? reply : new Answer(reply.status, reply.body, reply.headers ?? {});

/** The same answer, said to be a replay (draft-ietf-httpapi-idempotency-key-header-07 leaves the marker to the server). */
export const replayed = (reply: Reply): Answer => new Answer(reply.status, reply.body, { ...reply.headers, 'idempotent-replayed': 'true' });
