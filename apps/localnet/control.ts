/** The control face: time, faults and money on demand. Only the local network has it; rooms never call it. */
import { isAddress } from 'viem';
import type { Chain } from './ethereum/chain.js';
import { SLOTS_PER_EPOCH, epochOf } from './ethereum/config.js';
import { FAUCET_ADDRESS, give } from './ethereum/faucet.js';
import { toBytes } from './ethereum/hex.js';
import type { Hex } from './ethereum/hex.js';
import { isSlashable } from './ethereum/operations.js';
import { doubleProposal } from './ethereum/production.js';
import { indexOf } from './ethereum/state.js';
import { FaceError, serve } from './http.js';
import type { Face, Handler } from './http.js';
import { realness } from './realness.js';

const MAX_SLOTS = 8000;
const MAX_EPOCHS = 1000;
const MAX_DEPTH = 1000;
const MAX_PACE_MS = 3_600_000;

type Body = Readonly<Record<string, unknown>>;

const invalid = (message: string): FaceError => new FaceError(400, 'localnet.invalid', message);

/** The body of a POST as an object with no other fields than these. */
function bodyOf(body: unknown, allowed: readonly string[]): Body {
  if (body === undefined) return {};
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalid('the body must be a JSON object');
  const unknown = Object.keys(body).find((field) => !allowed.includes(field));
  if (unknown !== undefined) throw invalid(`unknown field ${unknown}: only ${allowed.join(', ') || 'none'} here`);
  return body as Body;
}

function whole(value: unknown, name: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw invalid(`${name} must be a whole number from ${min} to ${max}`);
  }
  return value;
}

function flag(value: unknown, name: string, absent: boolean): boolean {
  if (value === undefined) return absent;
  if (typeof value !== 'boolean') throw invalid(`${name} must be true or false`);
  return value;
}

function hexOf(value: unknown, name: string, bytes: number): Hex {
  if (typeof value !== 'string' || !new RegExp(`^0x[0-9a-fA-F]{${bytes * 2}}$`).test(value)) {
    throw invalid(`${name} must be 0x and ${bytes * 2} hexadecimal digits`);
  }
  return value.toLowerCase() as Hex;
}

class ControlFace {
  constructor(private readonly chain: Chain) {}

  status(): Record<string, unknown> {
    const { chain } = this;
    const { head, finalised, headState, switches } = chain;
    return {
      slot: chain.slot,
      epoch: epochOf(chain.slot),
      headSlot: head.slot,
      headRoot: head.root,
      block: head.executionNumber,
      blockHash: head.executionHash,
      justifiedEpoch: headState.currentJustifiedCheckpoint.epoch,
      finalizedEpoch: chain.finalisedEpoch,
      finalizedSlot: finalised.slot,
      finalizedBlock: finalised.executionNumber,
      validators: headState.validators.length,
      pendingDeposits: headState.pendingDeposits.length,
      paceMs: chain.paceMs,
      stalled: switches.stalled,
      halted: switches.halted,
      syncing: switches.syncing,
      offline: [...switches.offline],
      faucet: FAUCET_ADDRESS,
      memoryMb: Math.round(process.memoryUsage().rss / 1e6),
      processId: process.pid,
      anvilProcessGroup: chain.anvil.processGroup,
      note: realness,
    };
  }

  #validator(body: Body): number {
    const { headState } = this.chain;
    const index = body['pubkey'] === undefined ? body['index'] : indexOf(headState, toBytes(hexOf(body['pubkey'], 'pubkey', 48)));
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= headState.validators.length) {
      throw new FaceError(404, 'localnet.validator_unknown', 'no such validator: give its index or pubkey');
    }
    return index;
  }

  readonly advance: Handler = async ({ body }) => {
    const { slots, epochs } = bodyOf(body, ['slots', 'epochs']);
    if (slots !== undefined && epochs !== undefined) throw invalid('slots or epochs, not both');
    await this.chain.advance(
      epochs === undefined ? whole(slots ?? 1, 'slots', 1, MAX_SLOTS) : whole(epochs, 'epochs', 1, MAX_EPOCHS) * SLOTS_PER_EPOCH,
    );
    return this.status();
  };

  readonly finalise: Handler = async ({ body }) => {
    bodyOf(body, []);
    await this.chain.finalise();
    return this.status();
  };

  readonly slash: Handler = ({ body }) => {
    const index = this.#validator(bodyOf(body, ['index', 'pubkey']));
    const { headState, operations } = this.chain;
    if (!isSlashable(headState, index)) {
      throw new FaceError(409, 'localnet.not_slashable', 'the validator is slashed already, not active yet, or gone');
    }
    operations.addSlashing(doubleProposal(headState, index));
    return { index };
  };

  readonly offline: Handler = ({ body }) => {
    const fields = bodyOf(body, ['index', 'pubkey', 'offline']);
    const index = this.#validator(fields);
    const { offline } = this.chain.switches;
    if (flag(fields['offline'], 'offline', true)) offline.add(index);
    else offline.delete(index);
    return { offline: [...offline] };
  };

  switch(name: 'stalled' | 'halted' | 'syncing'): Handler {
    return ({ body }) => {
      this.chain.switches[name] = flag(bodyOf(body, [name])[name], name, true);
      return this.status();
    };
  }

  readonly reorg: Handler = ({ body }) => {
    const { depth, keep } = bodyOf(body, ['depth', 'keep']);
    return this.chain.reorg(whole(depth, 'depth', 1, MAX_DEPTH), flag(keep, 'keep', false));
  };

  readonly pace: Handler = ({ body }) => {
    this.chain.setPace(whole(bodyOf(body, ['ms'])['ms'], 'ms', 0, MAX_PACE_MS));
    return this.status();
  };

  readonly dropTransaction: Handler = async ({ body }) => {
    const hash = hexOf(bodyOf(body, ['hash'])['hash'], 'hash', 32);
    const dropped = await this.chain.gate.together(() => this.chain.anvil.call<Hex | null>('anvil_dropTransaction', hash));
    if (dropped === null) throw new FaceError(404, 'localnet.transaction_unknown', 'no such transaction waits in the pool');
    return { dropped };
  };

  readonly fund: Handler = async ({ body }) => {
    const { address, wei } = bodyOf(body, ['address', 'wei']);
    if (typeof address !== 'string' || !isAddress(address))
      throw invalid('address must be an Ethereum address, with a right checksum if in mixed case');
    if (typeof wei !== 'string' || !/^[1-9]\d{0,30}$/.test(wei)) throw invalid('wei must be a string of digits: a whole amount above zero');
    const grant = await this.chain.gate.alone(() => give(this.chain.anvil, this.chain.birth.chainId, address, BigInt(wei)));
    if (!grant) throw new FaceError(409, 'localnet.faucet_empty', 'the faucet does not hold so much');
    return grant;
  };
}

export function serveControl(chain: Chain, port: number): Promise<Face> {
  const face = new ControlFace(chain);
  const routes = {
    'GET /localnet/status': () => face.status(),
    'POST /localnet/advance': face.advance,
    'POST /localnet/finalise': face.finalise,
    'POST /localnet/slash': face.slash,
    'POST /localnet/offline': face.offline,
    'POST /localnet/stall': face.switch('stalled'),
    'POST /localnet/halt': face.switch('halted'),
    'POST /localnet/syncing': face.switch('syncing'),
    'POST /localnet/reorg': face.reorg,
    'POST /localnet/pace': face.pace,
    'POST /localnet/drop-transaction': face.dropTransaction,
    'POST /localnet/fund': face.fund,
  };
  return serve(port, routes, (_status, code, message) => ({ code, message }), chain.report);
}
