import { QueryFailedError, type EntityManager } from 'typeorm';
import type { Transactor } from '#database';
import { invariant, refuse, Refused, type Refusal, type Result } from '#kernel';
import type { Operation } from './operation.js';
import type { Problems } from './problems.js';
import { answer, replayed, type Answer, type Reply } from './reply.js';

const WAIT_MS = 5_000;
const LOCK_NOT_AVAILABLE = '55P03';

interface KnownRow {
  known_id: string;
  known_hash: Buffer;
  known_status: number | null;
  known_headers: Record<string, string> | null;
  known_body: unknown;
}
interface Running {
  readonly requestHash: string;
  /** The answer, or null when the attempt failed and another may try. */
  readonly settled: Promise<Answer | null>;
}

/**
 * One effect a request, however often and however concurrently it is sent. The claim, the effect and the stored answer commit together.
 * Stored are final answers: 2xx and refusals that a retry could not change. A Fault stores nothing.
 */
export class Requests {
  private readonly running = new Map<string, Running>();

  constructor(
    private readonly schema: string,
    private readonly transactor: Transactor,
    private readonly problems: Problems,
  ) {}

  /** Claims the operation, runs `work` in the same transaction and stores its answer; or replays. A refusal rolls back what `work` did. */
  once(operation: Operation, work: (em: EntityManager) => Promise<Result<Reply>>): Promise<Answer> {
    return this.single(operation, async () => {
      try {
        return await this.transactor.run((em) => this.perform(em, operation, work));
      } catch (error) {
        if (error instanceof Refused) return this.settleRefusal(operation, error.refusal);
        throw error;
      }
    });
  }

  private async perform(em: EntityManager, operation: Operation, work: (em: EntityManager) => Promise<Result<Reply>>): Promise<Answer> {
    const [known] = await this.claimMany(em, [operation]);
    if (known) return known;
    const result = await work(em);
    if (!result.ok) throw new Refused(result.refusal);
    await this.storeMany(em, [{ operation, reply: result.value }]);
    return answer(result.value);
  }

  /** After the rollback: a deterministic refusal is stored in a transaction of its own, unless a duplicate has got an answer meanwhile. */
  private async settleRefusal(operation: Operation, refusal: Refusal): Promise<Answer> {
    const refused = this.problems.answer(refusal);
    if (!this.isFinal(refusal.code, refused)) return refused;
    return this.transactor.run(async (em) => {
      const [known] = await this.claimMany(em, [operation]);
      if (known) return known;
      await this.storeMany(em, [{ operation, reply: refused }]);
      return refused;
    });
  }

  /** Whether this answer may be stored: not if the same request could succeed later. */
  isFinal(code: string, reply: Reply): boolean {
    return reply.status < 500 && !(this.problems.entry(code)?.retryable ?? false);
  }

  /**
   * Lets one of several concurrent duplicates in this process run; the others wait for it, without a database connection, and replay. For
   * handlers that batch: `single(operation, () => batcher.submit(…))`; `once` does it by itself.
   */
  async single(operation: Operation, run: () => Promise<Reply>): Promise<Answer> {
    for (;;) {
      const first = this.running.get(operation.id);
      if (!first) return this.lead(operation, run);
      if (first.requestHash !== operation.requestHash) return this.problems.answer(reused());
      const settled = await within(first.settled, WAIT_MS);
      if (settled === 'late') return this.problems.answer(inProgress());
      if (settled !== null) return settled.status < 500 && !isRetryable(settled) ? replayed(settled) : settled;
    }
  }

  private async lead(operation: Operation, run: () => Promise<Reply>): Promise<Answer> {
    let settle: (reply: Answer | null) => void = () => undefined;
    const settled = new Promise<Answer | null>((resolve) => (settle = resolve));
    this.running.set(operation.id, { requestHash: operation.requestHash, settled });
    let reply: Answer | null = null;
    try {
      reply = answer(await run());
      return reply;
    } finally {
      this.running.delete(operation.id);
      settle(reply);
    }
  }

  /**
   * Claims operations in the caller's transaction, in order; for each: null (it is new: do it, then storeMany) or the answer to give
   * (replayed, 422 for another body, 409 for a twin in the same batch).
   */
  async claimMany(em: EntityManager, operations: readonly Operation[]): Promise<(Answer | null)[]> {
    const known = new Map((await this.claim(em, operations)).map((row) => [row.known_id, row]));
    const seen = new Set<string>();
    return operations.map((operation) => {
      const row = known.get(operation.id);
      if (row) return this.replay(operation, row);
      if (seen.has(operation.id)) return this.problems.answer(inProgress());
      seen.add(operation.id);
      return null;
    });
  }

  private async claim(em: EntityManager, operations: readonly Operation[]): Promise<KnownRow[]> {
    try {
      return await em.query<KnownRow[]>(`SELECT * FROM ${this.schema}.claim_requests($1::uuid[], $2::bytea[])`, [
        operations.map((o) => o.id),
        operations.map((o) => `\\x${o.requestHash}`),
      ]);
    } catch (error) {
      // The wait is over: not for the transactor to try again, the caller has waited long enough.
      if (error instanceof QueryFailedError && (error.driverError as { code?: string }).code === LOCK_NOT_AVAILABLE)
        throw new Refused(inProgress());
      throw error;
    }
  }

  private replay(operation: Operation, row: KnownRow): Answer {
    if (row.known_hash.toString('hex') !== operation.requestHash) return this.problems.answer(reused());
    if (row.known_status === null) return this.problems.answer(inProgress());
    return replayed({ status: row.known_status, body: row.known_body, headers: row.known_headers ?? {} });
  }

  /** Stores final answers of claimed operations, in the transaction of their effect. */
  async storeMany(em: EntityManager, answers: readonly { operation: Operation; reply: Reply }[]): Promise<void> {
    if (answers.length === 0) return;
    invariant(
      answers.every(({ reply }) => reply.status >= 200 && reply.status < 500),
      'idempotency.not_final',
    );
    await em.query(
      `UPDATE ${this.schema}.request r SET status = a.status, headers = a.headers, body = a.body
         FROM unnest($1::uuid[], $2::smallint[], $3::json[], $4::json[]) AS a (id, status, headers, body) WHERE r.id = a.id`,
      [
        answers.map((a) => a.operation.id),
        answers.map((a) => a.reply.status),
        answers.map((a) => JSON.stringify(a.reply.headers ?? {})),
        answers.map((a) => JSON.stringify(a.reply.body ?? null)),
      ],
    );
  }
}

const reused = (): Refusal =>
  refuse(
    'idempotency.key_reused',
    'This Idempotency-Key belongs to an earlier request with another body. Send a fresh key for a new request.',
  ).refusal;
const inProgress = (): Refusal =>
  refuse('idempotency.in_progress', 'The first request with this Idempotency-Key has not finished. Send the same request again.', {
    retry_after_s: 1,
  }).refusal;
const isRetryable = (reply: Answer): boolean => reply.isProblem && (reply.body as { retryable?: boolean }).retryable === true;

async function within<T>(promise: Promise<T>, ms: number): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), ms)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
