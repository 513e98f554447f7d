/**
 * The local Ethereum: the outside world in miniature, over its real wire protocols, on this machine only.
 *
 * Real:
 * - the EVM, transactions, gas, receipts and logs: anvil, with the deposit contract of mainnet and the EIP-7002 and EIP-7251 contracts;
 * - the consensus rules: Lodestar's state transition, Electra, minimal preset (8 slots an epoch): deposit queue and signatures, activation,
 *   rewards and penalties, finality, exits, sweeps, slashing; every Gwei of a reward comes out of it;
 * - the way between the two: deposits and requests come from what contracts did, withdrawals are credited by the block that names them.
 *
 * Not real:
 * - one trusted producer makes all blocks, without a network: signatures of blocks, attestations, sync committees, randao and slashing
 *   evidence made on demand are not checked (those of deposits, voluntary exits and evidence handed in are); every validator votes unless told otherwise;
 * - time is driven: a slot comes on demand or every LOCALNET_PACE_MS, though it says that it is 12 s after the one before;
 * - SHARD_COMMITTEE_PERIOD and MIN_VALIDATOR_WITHDRAWABILITY_DELAY are 8 epochs;
 * - in block headers mixHash, withdrawalsRoot, requestsHash, parentBeaconBlockRoot and stateRoot are anvil's own: recomputing a header,
 *   eth_getProof and EIP-4788 proofs do not work; the EIP-2935 contract is missing; no blobs, no eth_subscribe, no Fulu;
 * - builders: one account of localnet's, on demand, that pays the proposer by the last transaction of its block; no relay, no auction.
 *
 * Run: `node dist/apps/localnet/main.js --dir .bailee/localnet`. Each flag has an environment variable: --dir LOCALNET_DIR,
 * --execution-port LOCALNET_EXECUTION_PORT (8545), --beacon-port LOCALNET_BEACON_PORT (5052), --control-port LOCALNET_CONTROL_PORT (5053),
 * --pace-ms LOCALNET_PACE_MS (0: only on demand), --validators LOCALNET_VALIDATORS (64), --validator-ether
 * LOCALNET_VALIDATOR_ETHER (32), --seconds-per-slot LOCALNET_SECONDS_PER_SLOT (12; counts when the chain is born), --states-kept LOCALNET_STATES_KEPT (128, at least 64), --lock-wait-ms LOCALNET_LOCK_WAIT_MS (10000). Port 0 is any free port. When it is up it prints one line of JSON with its addresses.
 */
import { parseArgs } from 'node:util';
import { systemClock } from '#kernel';
import { defaultOptions } from './options.js';
import type { LocalnetOptions } from './options.js';

process.env['LODESTAR_PRESET'] = 'minimal'; // read once, when the first @lodestar module is imported: so ./run.js is imported below

const FLAGS = {
  dir: { type: 'string' },
  'execution-port': { type: 'string' },
  'beacon-port': { type: 'string' },
  'control-port': { type: 'string' },
  'pace-ms': { type: 'string' },
  validators: { type: 'string' },
  'validator-ether': { type: 'string' },
  'seconds-per-slot': { type: 'string' },
  'states-kept': { type: 'string' },
  'lock-wait-ms': { type: 'string' },
} as const;

function readOptions(): LocalnetOptions {
  const { values } = parseArgs({ options: FLAGS });
  const text = (flag: keyof typeof FLAGS): string | undefined =>
    values[flag] ?? process.env[`LOCALNET_${flag.toUpperCase().replaceAll('-', '_')}`];
  const whole = (flag: keyof typeof FLAGS, absent: number, max: number): number => {
    const value = text(flag);
    if (value === undefined || value === '') return absent;
    if (!/^\d+$/.test(value) || Number(value) > max) throw new Error(`--${flag} must be a whole number from 0 to ${max}, not ${value}`);
    return Number(value);
  };
  const dir = text('dir');
  if (dir === undefined || dir === '') throw new Error('--dir or LOCALNET_DIR is needed: the folder of the chain');
  const validators = whole('validators', defaultOptions.validators, 1024);
  if (validators < 64) throw new Error('--validators must be at least 64: each slot needs its committees');
  const validatorEther = whole('validator-ether', defaultOptions.validatorEther, 2048);
  if (validatorEther < 32) throw new Error('--validator-ether must be at least 32');
  const secondsPerSlot = whole('seconds-per-slot', defaultOptions.secondsPerSlot, 86_400);
  if (secondsPerSlot < 1) throw new Error('--seconds-per-slot must be at least 1');
  return {
    dir,
    executionPort: whole('execution-port', defaultOptions.executionPort, 65_535),
    beaconPort: whole('beacon-port', defaultOptions.beaconPort, 65_535),
    controlPort: whole('control-port', defaultOptions.controlPort, 65_535),
    paceMs: whole('pace-ms', defaultOptions.paceMs, 3_600_000),
    validators,
    validatorEther,
    secondsPerSlot,
    statesKept: Math.max(64, whole('states-kept', defaultOptions.statesKept, 4096)),
    lockWaitMs: whole('lock-wait-ms', defaultOptions.lockWaitMs, 600_000),
  };
}

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

try {
  const { runLocalnet } = await import('./run.js');
  const running = await runLocalnet(readOptions(), {
    clock: systemClock,
    report: (message, cause) => {
      console.error(message, cause);
    },
    onLost: () => fail('anvil ended by itself: the local network stops'),
  });
  let stopping: Promise<never> | undefined;
  const stop = (): void => {
    stopping ??= running.stop().then(() => process.exit(0), fail);
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  process.on('disconnect', stop); // who started us is gone
  process.stdout.write(`${JSON.stringify(running.ready)}\n`);
} catch (error) {
  fail(error);
}
