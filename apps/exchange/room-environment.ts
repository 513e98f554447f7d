import type { RoomName } from '#messages';
import type { Environment, Home } from '#runtime';
import type { ExchangeDatabase } from './database.js';

/** A chain that answers: the local one or yours. */
export interface ChainEndpoints {
  readonly network: 'localnet' | 'hoodi' | 'mainnet';
  readonly executionUrl: string;
  readonly beaconUrl: string;
  readonly label: string;
  readonly chainId: string;
  readonly genesisForkVersion: string;
  readonly depositContract: string;
}

export interface RoomSurroundings {
  readonly home: Home;
  readonly database: ExchangeDatabase;
  readonly chain: ChainEndpoints;
  readonly mode: 'demo' | 'production';
  readonly redisUrl: string | undefined;
  /** Files written by the build, which reception serves. */
  readonly description: { readonly openapi: string; readonly problems: string };
  /** What the caller set: stands above our defaults. */
  readonly given: Environment;
}

/** Faster than the defaults of a real network: on the local chain weeks pass in seconds. */
const LOCAL_PACE: Environment = {
  FOLLOW_EVERY_MS: '200',
  TRANSACT_EVERY_MS: '250',
  POLICY_EVERY_MS: '500',
  SEAL_EVERY_MS: '2000',
  STALL_SLOTS: '2',
  REPORT_EVERY_MS: '500',
  REPORT_MIN_EPOCHS: '1',
  PAYOUT_LOOK_MS: '500',
  COOL_DOWN_MS: '0',
};

/** The environment that a room of this exchange is opened with: the same names as in a deployment of rooms apart. */
export function roomEnvironment(room: RoomName, around: RoomSurroundings): Environment {
  const { home, database, chain, given } = around;
  return {
    // the local validators are ours to run: their node is told whom their blocks pay; and there no regulator forbids instant exits
    ...(chain.network === 'localnet' ? { ...LOCAL_PACE, INSTANT_EXIT: 'on', OPERATOR_BEACON_URL: chain.beaconUrl } : {}),
    LOG_LEVEL: 'info',
    LOG_FILE: home.path('logs', `${room}.log`),
    ...given,
    DATABASE_URL: database.urlOf(room),
    REDIS_URL: around.redisUrl,
    BAILEE_MODE: around.mode,
    BAILEE_NETWORK: chain.network,
    ETHEREUM_RPC_URL: chain.executionUrl,
    ETHEREUM_BEACON_URL: chain.beaconUrl,
    CHAIN_LABEL: chain.label,
    PII_KEY: room === 'compliance' ? home.secret('personal-data-key') : undefined,
    OPENAPI_PATH: around.description.openapi,
    PROBLEMS_PATH: around.description.problems,
    ...(room === 'signer' ? signerEnvironment(around) : {}),
  };
}

function signerEnvironment({ home, chain }: RoomSurroundings): Environment {
  home.secret('keystore-passphrase');
  return {
    KEYSTORE_PATH: home.path('keystore.json'),
    KEYSTORE_PASSPHRASE_FILE: home.path('secrets', 'keystore-passphrase'),
    ETHEREUM_CHAIN_ID: chain.chainId,
    ETHEREUM_GENESIS_FORK_VERSION: chain.genesisForkVersion,
    DEPOSIT_CONTRACT: chain.depositContract,
  };
}
