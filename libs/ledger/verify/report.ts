/** What the verifier says, and what its checks have in common. */

export interface Finding {
  /** Stable: `batch.digest`, `balance.replay`, … */
  readonly code: string;
  /** The row: table and key. */
  readonly where: string;
  readonly detail: string;
}

export interface Report {
  readonly ok: boolean;
  readonly transfers: number;
  readonly batches: number;
  readonly accounts: number;
  readonly findings: readonly Finding[];
}

/** One connection inside one snapshot; the verifier only reads. */
export interface Reader {
  rows<R extends object>(sql: string, values?: readonly unknown[]): Promise<R[]>;
}

/** Told now and then how far a check has come. */
export type Progress = (done: number) => void;

export interface Check {
  readonly name: string;
  run(reader: Reader, progress: Progress): AsyncIterable<Finding>;
}

/** A check that asks the database one question: each row of the answer is a finding. */
export function question(name: string, code: string, sql: string): Check {
  return {
    name,
    async *run(reader) {
      for (const row of await reader.rows<{ where: string; detail: string }>(sql)) yield { code, where: row.where, detail: row.detail };
    },
  };
}

/** Rows between two lines of progress. */
const SAID_EVERY = 100_000;

/** Streams an answer of any size through a server-side cursor. */
export async function* stream<R extends object>(reader: Reader, sql: string, progress: Progress): AsyncGenerator<R, void, undefined> {
  const size = 5_000;
  await reader.rows(`DECLARE verify_stream NO SCROLL CURSOR FOR ${sql}`);
  let done = 0;
  for (;;) {
    const page = await reader.rows<R>(`FETCH FORWARD ${size} FROM verify_stream`);
    yield* page;
    done += page.length;
    if (page.length < size) break;
    if (done % SAID_EVERY === 0) progress(done);
  }
  await reader.rows('CLOSE verify_stream');
}
