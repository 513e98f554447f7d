import type { RoomName } from '#messages';

/** A room with an HTTP face. The signer has none. */
export type HttpRoom = Exclude<RoomName, 'signer'>;

/**
 * Which room answers which path: the one place. The front of the exchange, the proxy of the composed deployment and the documentation all
 * follow it. `/` alone is an exact path; every other prefix covers the path itself and what is below it.
 */
export const routeTable: Readonly<Record<HttpRoom, readonly string[]>> = {
  reception: [
    '/',
    '/docs',
    '/openapi.json',
    '/problems',
    '/v1/clients',
    '/v1/me',
    '/v1/keys',
    '/v1/overview',
    '/v1/events',
    '/v1/stream',
    '/v1/webhook-endpoints',
    '/v1/statements',
  ],
  compliance: ['/v1/onboarding', '/v1/compliance'],
  custody: ['/v1/custody', '/v1/ledger', '/v1/transparency'],
  staking: ['/v1/staking'],
  rewards: ['/v1/rewards'],
};

export const prefixesOf = (room: HttpRoom): readonly string[] => routeTable[room];

/** Whether a prefix of the table covers a path. */
export const covers = (prefix: string, path: string): boolean =>
  prefix === '/' ? path === '/' : path === prefix || (path.startsWith(prefix) && path.charCodeAt(prefix.length) === 47);

const byPrefix: readonly (readonly [string, HttpRoom])[] = (Object.keys(routeTable) as HttpRoom[]).flatMap((room) =>
  routeTable[room].map((prefix) => [prefix, room] as const),
);

/** The room that answers this path (a query may follow it). What belongs to nobody is reception's to refuse. */
export function roomOfPath(url: string): HttpRoom {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  return byPrefix.find(([prefix]) => covers(prefix, path))?.[1] ?? 'reception';
}
