import { Gate } from './gate.js';

/** A promise that is settled from outside. */
function held(): { promise: Promise<void>; release: () => void } {
  let release = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { promise, release };
}

describe('the gate', () => {
  it('lets readers go together, and a writer only when they are done', async () => {
    const gate = new Gate();
    const log: string[] = [];
    const [first, second] = [held(), held()];
    const reads = [first, second].map(({ promise }, i) =>
      gate.together(async () => {
        log.push(`read ${i}`);
        await promise;
        log.push(`done ${i}`);
      }),
    );
    const write = gate.alone(async () => {
      log.push('write');
    });
    const late = gate.together(async () => {
      log.push('late read');
    });
    second.release();
    await reads[1];
    first.release();
    await Promise.all([...reads, write, late]);
    expect(log).toEqual(['read 0', 'read 1', 'done 1', 'done 0', 'write', 'late read']);
  });

  it('goes on after work that failed', async () => {
    const gate = new Gate();
    await expect(gate.alone(() => Promise.reject(new Error('writer')))).rejects.toThrow('writer');
    await expect(gate.together(() => Promise.reject(new Error('reader')))).rejects.toThrow('reader');
    await expect(gate.alone(async () => 'next')).resolves.toBe('next');
  });
});
