import { formatSeconds } from './tour/words.js';

/** One short line a step, on standard output. */
export class Progress {
  private readonly began = performance.now();

  async step<T>(name: string, work: () => Promise<T>, detail: (value: T) => string = () => ''): Promise<T> {
    const began = performance.now();
    try {
      const value = await work();
      const more = detail(value);
      console.log(`✓ ${name}${more ? `: ${more}` : ''} (${formatSeconds(performance.now() - began)})`);
      return value;
    } catch (error) {
      console.log(`✗ ${name}`);
      throw error;
    }
  }

  elapsed(): string {
    return formatSeconds(performance.now() - this.began);
  }
}
