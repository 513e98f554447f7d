import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composed, proxyConfiguration, repeatable } from './proxy-configuration.js';
import { roomOfPath, routeTable, type HttpRoom } from './route-table.js';

const text = proxyConfiguration(composed);
/** nginx takes the first regular expression that fits, in the order of the file. */
const locations = [...text.matchAll(/location ~ (\S+) \{ (.*?)proxy_pass http:\/\/(\w+);(.*?)\}/g)].map(([, pattern, , room, rest]) => ({
  pattern: new RegExp(pattern ?? ''),
  room,
  again: rest?.includes('non_idempotent') ?? false,
}));
const find = (path: string) => locations.find(({ pattern }) => pattern.test(path));

describe('the configuration of the proxy', () => {
  it('sends every path where the route table says', () => {
    const paths = Object.values(routeTable).flatMap((prefixes) => prefixes.flatMap((p) => [p, p === '/' ? '/' : `${p}/x`, `${p}x`]));
    for (const path of [...paths, '/v2/staking', '/v1', '/openapiXjson'])
      expect([path, find(path)?.room ?? 'reception']).toEqual([path, roomOfPath(path)]);
  });

  it('asks for the health of one room below its name', () => {
    for (const room of Object.keys(routeTable)) expect(find(`/health/ready/${room}`)?.room).toBe(room);
    expect(find('/health/ready/signer')).toBeUndefined();
  });

  it('sends a POST twice only where a key makes that safe', () => {
    for (const [room, prefix] of repeatable) {
      expect(roomOfPath(prefix)).toBe(room);
      expect(find(prefix)).toMatchObject({ room, again: true });
    }
    for (const path of ['/v1/custody/address-book', '/v1/compliance/cases/x/notes', '/v1/onboarding/applications'])
      expect(find(path)?.again).toBe(false);
    expect(text).toMatch(/^ {2}proxy_next_upstream error timeout;$/m);
  });

  it('takes an instance out by its mark', () => {
    const upstreams = { ...composed.upstreams, staking: [{ address: '127.0.0.1:1', down: true }, { address: '127.0.0.1:2' }] };
    expect(proxyConfiguration({ listen: '127.0.0.1:80', upstreams })).toContain(
      'upstream staking {\n  server 127.0.0.1:1 max_fails=2 fail_timeout=1s down;\n  server 127.0.0.1:2 max_fails=2 fail_timeout=1s;\n}',
    );
  });

  const nginx = ['nginx', '/usr/sbin/nginx'].find((program) => spawnSync(program, ['-v']).status === 0);
  const withNginx = nginx === undefined ? it.skip : it;
  withNginx('is one that nginx takes', () => {
    const dir = mkdtempSync(join(tmpdir(), 'bailee-proxy-'));
    const numbered = Object.fromEntries(Object.keys(routeTable).map((room, i) => [room, [{ address: `127.0.0.1:${9_000 + i}` }]]));
    const plan = { listen: '127.0.0.1:8080', upstreams: numbered as Record<HttpRoom, { address: string }[]> };
    const file = join(dir, 'nginx.conf');
    writeFileSync(file, `pid ${dir}/pid; events {} http { access_log off; ${proxyConfiguration(plan)} }`);
    const checked = spawnSync(nginx ?? '', ['-t', '-q', '-p', dir, '-c', file, '-e', `${dir}/log`], { encoding: 'utf8' });
    rmSync(dir, { recursive: true, force: true });
    expect(checked.stderr).toBe('');
    expect(checked.status).toBe(0);
  });
});
