import { parseArgs } from 'node:util';
import type { Environment } from '#runtime';

export interface ExchangeOptions {
  readonly help: boolean;
  /** Play the tour once after the start. */
  readonly tour: boolean;
  /** Throw the home away first: database, chain, keys. */
  readonly fresh: boolean;
  /** How many processes of each room, behind a proxy; 0 is all rooms in one process. */
  readonly apart: number;
  /** Undefined: 8080, or the next free one. */
  readonly port: number | undefined;
  readonly home: string | undefined;
  readonly mode: 'demo' | 'production';
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  /** Endpoints of a chain of yours; the local Ethereum when absent. */
  readonly chain: { readonly network: 'hoodi' | 'mainnet'; readonly executionUrl: string; readonly beaconUrl: string } | undefined;
  /** Milliseconds between slots of the local chain while nobody asks for more. */
  readonly paceMs: number;
}

export const HELP = `Usage: npm start [-- options]

Starts the whole exchange: an embedded PostgreSQL, a local Ethereum, every room, and the signer in a process of its own.
Plays the tour once, then stays up until Ctrl-C. A second start resumes with the data.

  --no-tour   start without playing the tour
  --fresh     throw away what is in BAILEE_HOME first (database, local chain, keys)
  --apart     every room in two processes of its own behind a reverse proxy (nginx), started again when one ends; --apart=3 for three
  --help      this text

Environment
  NGINX                 the reverse proxy of --apart; default nginx
  PORT                  port of the API on loopback; default 8080, or the next free one
  BAILEE_HOME           where data lives; default .bailee
  DATABASE_URL          use this PostgreSQL (superuser or CREATEROLE owner) and start none
  REDIS_URL             queues on this Redis instead of PostgreSQL
  BAILEE_NETWORK        hoodi or mainnet, with ETHEREUM_RPC_URL and ETHEREUM_BEACON_URL: use that chain and start none
  BAILEE_MODE           demo (default on the local chain) or production (default on a real one: no seeds, no demo credentials)
  LOCALNET_PACE_MS      milliseconds between slots of the local chain; default 500
`;

/** Two of each: then one may go at any time. */
const USUAL_INSTANCES = '2';

/** Throws an Error with a sentence for the person who typed it. */
export function readOptions(args: readonly string[], env: Environment): ExchangeOptions {
  const { values } = parseArgs({
    args: args.map((arg) => (arg === '--apart' ? `--apart=${USUAL_INSTANCES}` : arg)),
    options: {
      'no-tour': { type: 'boolean' },
      tour: { type: 'boolean' },
      fresh: { type: 'boolean' },
      apart: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
    strict: true,
  });
  const chain = chainOf(env);
  const mode = env['BAILEE_MODE'] ?? (chain ? 'production' : 'demo');
  if (mode !== 'demo' && mode !== 'production') throw new Error(`BAILEE_MODE is demo or production, not ${mode}.`);
  if (mode === 'production' && !chain)
    throw new Error('BAILEE_MODE=production needs a real chain: set BAILEE_NETWORK, ETHEREUM_RPC_URL and ETHEREUM_BEACON_URL.');
  return {
    help: values.help ?? false,
    tour: !(values['no-tour'] ?? false) && mode === 'demo' && !chain,
    fresh: values.fresh ?? false,
    apart: wholeNumber('--apart', values.apart, 8) ?? 0,
    port: wholeNumber('PORT', env['PORT'], 65_535),
    home: env['BAILEE_HOME'],
    mode,
    databaseUrl: env['DATABASE_URL'] || undefined,
    redisUrl: env['REDIS_URL'] || undefined,
    chain,
    paceMs: wholeNumber('LOCALNET_PACE_MS', env['LOCALNET_PACE_MS'], 60_000) ?? 500,
  };
}

function chainOf(env: Environment): ExchangeOptions['chain'] {
  const { BAILEE_NETWORK: network, ETHEREUM_RPC_URL: executionUrl, ETHEREUM_BEACON_URL: beaconUrl } = env;
  if (!network || network === 'localnet') return undefined;
  if (network !== 'hoodi' && network !== 'mainnet') throw new Error(`BAILEE_NETWORK is hoodi, mainnet or localnet, not ${network}.`);
  if (!executionUrl || !beaconUrl) throw new Error(`BAILEE_NETWORK=${network} needs ETHEREUM_RPC_URL and ETHEREUM_BEACON_URL.`);
  return { network, executionUrl, beaconUrl };
}

function wholeNumber(name: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > most)
    throw new Error(`${name} must be a whole number from 0 to ${most}, not "${text}".`);
  return value;
}
