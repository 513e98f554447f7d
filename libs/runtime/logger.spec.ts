import { Writable } from 'node:stream';
import { QueryFailedError } from 'typeorm';
import { createLogger, withCorrelation } from './index.js';

function logged(write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown> {
  let text = '';
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  write(createLogger('custody', 'info', sink));
  return JSON.parse(text) as Record<string, unknown>;
}

describe('logger', () => {
  it('never writes a secret or a name, wherever it stands', () => {
    const line = logged((log) =>
      log.info({ headers: { authorization: 'Bearer bk_x' }, body: { person: { full_name: 'Ada' } }, token: 't' }, 'request'),
    );
    expect(JSON.stringify(line)).not.toMatch(/bk_x|Ada|"t"/);
    expect(line).toMatchObject({ token: '[redacted]', name: 'custody' });
  });

  it('never writes what a failed statement was about', () => {
    const refused = Object.assign(new Error('duplicate key value violates unique constraint "applicant_name"'), {
      code: '23505',
      detail: 'Key (name)=(Lovelace) already exists.',
      where: 'SQL statement about Lovelace',
    });
    const line = logged((log) =>
      log.error({ err: new QueryFailedError('INSERT INTO applicant VALUES ($1)', ['Lovelace'], refused) }, 'unexpected'),
    );
    expect(JSON.stringify(line)).not.toMatch(/Lovelace/);
    expect(line).toMatchObject({ err: { query: 'INSERT INTO applicant VALUES ($1)', code: '23505' } });
  });

  it('carries the correlation of its cause', () => {
    expect(logged((log) => withCorrelation('req_1', () => log.info('x')))).toMatchObject({ correlation: 'req_1' });
  });
});
