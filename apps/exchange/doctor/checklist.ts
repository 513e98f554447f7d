/** A question the doctor asks. It only looks: no check changes anything. */
export interface Check {
  readonly group: string;
  readonly name: string;
  readonly look: () => Promise<Finding> | Finding;
}

/** ok · warn: works, and should be mended · fail: does not work, or is not safe · skip: nothing to look at here, and why. */
export type Verdict = 'ok' | 'warn' | 'fail' | 'skip';
export interface Finding {
  readonly verdict: Verdict;
  readonly found: string;
  /** What to do about it; with each warn and fail. */
  readonly fix?: string;
}
export interface Line extends Finding {
  readonly group: string;
  readonly name: string;
}

export const fine = (found: string): Finding => ({ verdict: 'ok', found });
export const skip = (found: string): Finding => ({ verdict: 'skip', found });
export const warn = (found: string, fix: string): Finding => ({ verdict: 'warn', found, fix });
export const fail = (found: string, fix: string): Finding => ({ verdict: 'fail', found, fix });

const PATIENCE_MS = 20_000;

/** Looks one after the other and tells each line as it comes. A check that throws or does not end has failed, and the others go on. */
export async function examine(checks: readonly Check[], tell: (line: Line) => void, patienceMs = PATIENCE_MS): Promise<Line[]> {
  const lines: Line[] = [];
  for (const { group, name, look } of checks) {
    const line = { group, name, ...(await guarded(look, patienceMs)) };
    lines.push(line);
    tell(line);
  }
  return lines;
}

async function guarded(look: Check['look'], patienceMs: number): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((resolve) => {
    timer = setTimeout(
      () => resolve(fail(`no answer within ${patienceMs / 1000} s`, 'see whether what it asks is up and reachable from here')),
      patienceMs,
    );
  });
  try {
    return await Promise.race([Promise.resolve(look()), late]);
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    return fail(
      `${message || 'it could not be looked at'}${code ? ` (${code})` : ''}`,
      'the sentence says what is wrong; docs/operations.md has the codes',
    );
  } finally {
    clearTimeout(timer);
  }
}

const MARKS: Readonly<Record<Verdict, string>> = { ok: '✓', warn: '!', fail: '✗', skip: '–' };

export function render(line: Line): string {
  const first = `  ${MARKS[line.verdict]} ${line.name.padEnd(26)} ${line.found}`;
  return line.fix === undefined ? first : `${first}\n      → ${line.fix}`;
}

export function summary(lines: readonly Line[]): string {
  const count = (verdict: Verdict): number => lines.filter((line) => line.verdict === verdict).length;
  const [failed, warned] = [count('fail'), count('warn')];
  const looked = `${lines.length - count('skip')} looked at, ${count('skip')} skipped`;
  if (failed > 0) return `${failed} of them must be mended${warned ? `, ${warned} should be` : ''} (${looked}).`;
  return warned > 0 ? `It works; ${warned} should be mended (${looked}).` : `All is well (${looked}).`;
}
