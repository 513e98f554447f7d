import { readFile, stat } from 'node:fs/promises';
import { refuse, Refused } from '#kernel';

/** A JSON file that the build wrote, read once and again when it changes. */
export class BuiltFile<T> {
  private kept: { readonly changed: number; readonly content: T } | null = null;

  constructor(
    private readonly path: string | undefined,
    private readonly code: string,
  ) {}

  /** Throws Refused with `code` (503) when it was not built. */
  async read(): Promise<T> {
    if (this.path === undefined) throw this.absent();
    const changed = await stat(this.path).then(
      (found) => found.mtimeMs,
      () => null,
    );
    if (changed === null) throw this.absent();
    if (this.kept?.changed !== changed) this.kept = { changed, content: JSON.parse(await readFile(this.path, 'utf8')) as T };
    return this.kept.content;
  }

  private absent(): Refused {
    return new Refused(refuse(this.code, 'The build writes this file: run `npm run build`.').refusal);
  }
}
