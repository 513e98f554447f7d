import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { composed, proxyConfiguration, routeTable } from '#http';
import { rooms } from '#messages';

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
interface Service {
  command?: string[];
  environment?: Record<string, string | number>;
  expose?: string[];
  ports?: string[];
  stop_grace_period?: string;
}
const compose = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> };
const proxy = read('deploy/proxy.conf');

describe('the composed deployment', () => {
  it('runs every room from its own main, and nothing that is not a room', () => {
    const services = Object.keys(compose.services).filter((name) => !['postgres', 'redis', 'proxy', 'migrate'].includes(name));
    expect(services.sort()).toEqual([...rooms].sort());
    for (const room of rooms) {
      expect(compose.services[room]?.command).toEqual(['node', `dist/apps/${room}/main.js`]);
      expect(existsSync(join(root, `apps/${room}/main.ts`))).toBe(true);
    }
  });

  it('has a room for every folder that is one', () => {
    const folders = readdirSync(join(root, 'apps')).filter((name) => !['exchange', 'localnet'].includes(name));
    expect(folders.sort()).toEqual([...rooms].sort());
  });

  it('gives each room a port of its own and its own role', () => {
    const ports = rooms.map((room) => compose.services[room]?.environment?.['PORT']);
    expect(new Set(ports).size).toBe(rooms.length);
    for (const room of rooms) expect(compose.services[room]?.environment?.['DATABASE_URL']).toContain(`//bailee_${room}:`);
  });

  it('has a proxy that is exactly what the route table says (after a change: cp dist/proxy.conf deploy/proxy.conf)', () => {
    expect(proxy).toBe(proxyConfiguration(composed));
  });

  it('sends each room to the port it listens on', () => {
    const upstreams = Object.entries(composed.upstreams).map(([room, hosts]) => [room, hosts.map(({ address }) => address)]);
    expect(upstreams).toEqual(Object.keys(routeTable).map((room) => [room, [`${room}:${compose.services[room]?.environment?.['PORT']}`]]));
  });

  it('gives every room the time to finish what it has in hand', () => {
    for (const room of rooms) expect(compose.services[room]?.stop_grace_period).toBe('40s');
  });

  it('opens nothing to the outside but the proxy, and that on loopback', () => {
    for (const [name, service] of Object.entries(compose.services)) {
      if (name === 'proxy') expect(service.ports).toEqual(['127.0.0.1:8080:8080']);
      else expect(service.ports).toBeUndefined();
    }
  });

  it('gives the signer no chain and no route', () => {
    expect(
      Object.keys(compose.services['signer']?.environment ?? {})
        .filter((name) => /URL$/.test(name))
        .sort(),
    ).toEqual(['DATABASE_URL', 'REDIS_URL']);
    expect(proxy).not.toContain('signer');
  });
});
