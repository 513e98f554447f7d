import { formatSeconds } from './words.js';

export interface StepRecord {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly facts: Record<string, unknown>;
}

/** What an expectation that failed says. */
export class ExpectationFailed extends Error {
  override readonly name = 'ExpectationFailed';
}

/** Fails the story, loudly, with the facts. */
export function expectThat(condition: boolean, sentence: string, facts: Record<string, unknown> = {}): asserts condition {
  if (!condition)
    throw new ExpectationFailed(`${sentence} ${JSON.stringify(facts, (_k, v: unknown) => (typeof v === 'bigint' ? v.toString() : v))}`);
}

/** Tells the story as it happens and keeps it for --json. */
export class Story {
  readonly steps: StepRecord[] = [];
  private readonly began = performance.now();

  constructor(
    private readonly write: (line: string) => void,
    /** Runs after every step: the books must be closed at any time. */
    private readonly afterEach: () => Promise<Record<string, unknown>>,
  ) {}

  async step(name: string, work: (say: (line: string) => void) => Promise<Record<string, unknown>>): Promise<void> {
    const began = performance.now();
    this.write(`\n${String(this.steps.length + 1).padStart(2)}. ${name}`);
    try {
      const facts = await work((line) => this.write(`    ${line}`));
      const books = await this.afterEach();
      const ms = Math.round(performance.now() - began);
      this.write(
        `    ✓ books closed: ${Object.entries(books)
          .map(([k, v]) => `${k} ${String(v)}`)
          .join(', ')} (${formatSeconds(ms)})`,
      );
      this.steps.push({ name, ok: true, ms, facts: { ...facts, books } });
    } catch (error) {
      const ms = Math.round(performance.now() - began);
      this.steps.push({ name, ok: false, ms, facts: { error: (error as Error).message } });
      this.write(`    ✗ ${(error as Error).message}`);
      throw error;
    }
  }

  get elapsed(): string {
    return formatSeconds(performance.now() - this.began);
  }
}
