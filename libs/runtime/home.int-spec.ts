import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Home } from './home.js';

describe('home', () => {
  const dir = mkdtempSync(join(tmpdir(), 'bailee-home-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('lets in one exchange at a time, and takes over the lock of one that died', () => {
    const home = new Home(dir);
    const release = home.lock();
    expect(() => new Home(dir).lock()).toThrow(/already running/);
    release();
    writeFileSync(home.path('lock'), '999999999 12345'); // no such process
    new Home(dir).lock()();
  });

  it('keeps a secret it once made', () => {
    const home = new Home(dir);
    expect(home.secret('x')).toMatch(/^[0-9a-f]{64}$/);
    expect(new Home(dir).secret('x')).toBe(home.secret('x'));
    expect(home.secret('y')).not.toBe(home.secret('x'));
  });

  it('tells its state whole or not at all', () => {
    const home = new Home(dir);
    const release = home.lock();
    home.writeState({ apiUrl: 'http://127.0.0.1:8080' });
    home.writeState({ apiUrl: 'http://127.0.0.1:8081' });
    expect(home.readState()).toEqual({ apiUrl: 'http://127.0.0.1:8081' });
    release();
    expect(home.readState()).toBeNull(); // nobody runs: what is written there is the past
    home.clearState();
  });
});
