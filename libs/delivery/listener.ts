import pg from 'pg';
import type { Logger } from '#runtime';

/** Reconnecting takes this long at most after the database is back. */
const RETRY_MS = 500;

/** How soon another instance notices that a lock has become free. */
const ASK_AGAIN_MS = 1_000;

/** How often the server is asked whether it is still there, and how long it may take to say so. */
const BEAT_MS = 5_000;
const ANSWER_MS = 5_000;

/** One statement at a time: schedules that start together share the session. */
class Session {
  /** Locks of this session; those it could not get, with when it asked. */
  readonly held = new Set<string>();
  readonly asked = new Map<string, number>();
  private turn: Promise<unknown> = Promise.resolve();
  constructor(readonly client: pg.Client) {}

  ask<R extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<pg.QueryResult<R>> {
    const answer = this.turn.then(() => this.client.query<R>(text, values));
    this.turn = answer.catch(() => undefined);
    return answer;
  }
}

/**
 * A session of its own: hears NOTIFY, and holds the advisory locks of schedules. Whatever it misses while it is away, a poll finds.
 * A lock is lost with the session: that is why a schedule must be idempotent.
 */
export class Listener {
  private session: Session | null = null;
  private retry: NodeJS.Timeout | null = null;
  private stopped = false;

  constructor(
    private readonly url: string,
    private readonly channel: string,
    private readonly heard: () => void,
    private readonly log: Logger,
  ) {}

  async start(): Promise<void> {
    try {
      await this.connect();
    } catch (error) {
      this.log.warn({ err: error }, 'no session to listen on; polling meanwhile');
      this.again();
    }
  }

  /** Whether this session holds the lock `name`; takes it when it is free, and keeps it for as long as the session lives. */
  async holds(name: string): Promise<boolean> {
    const { session } = this;
    if (session === null) return false;
    if (session.held.has(name)) return true;
    const now = performance.now();
    if (now - (session.asked.get(name) ?? Number.NEGATIVE_INFINITY) < ASK_AGAIN_MS) return false;
    session.asked.set(name, now);
    const { rows } = await session.ask<{ got: boolean }>('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS got', [name]);
    if (rows[0]?.got === true) session.held.add(name);
    return session.held.has(name) && session === this.session;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.retry) clearTimeout(this.retry);
    const { session } = this;
    this.session = null;
    await session?.client.end().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.url,
      keepAlive: true,
      query_timeout: ANSWER_MS,
      application_name: `bailee-${this.channel}`,
    });
    client.on('error', () => this.lost(client));
    client.on('end', () => this.lost(client));
    client.on('notification', this.heard);
    await client.connect();
    await client.query(`LISTEN ${client.escapeIdentifier(this.channel)}`);
    if (this.stopped) return client.end();
    this.session = new Session(client);
    this.beat(this.session);
    this.heard(); // for what came while nobody listened
  }

  /** A server that has gone without a word would be believed for hours, and its locks with it: one that does not answer is let go. */
  private beat(session: Session): void {
    const timer = setInterval(() => {
      if (this.session !== session) return clearInterval(timer);
      session.ask('SELECT 1', []).catch(() => {
        this.lost(session.client);
        void session.client.end().catch(() => undefined);
      });
    }, BEAT_MS);
    timer.unref();
  }

  private lost(client: pg.Client): void {
    if (this.session?.client !== client) return;
    this.session = null;
    this.again();
  }

  private again(): void {
    if (this.stopped || this.retry) return;
    this.retry = setTimeout(() => {
      this.retry = null;
      this.connect().catch(() => this.again());
    }, RETRY_MS);
  }
}
