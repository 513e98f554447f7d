/** Which block or state an id of the Beacon API means, and how validators, headers and checkpoints are written. */
import { getValidatorStatus, ssz } from '@lodestar/types';
import type { phase0 } from '@lodestar/types';
import { FaceError } from '../http.js';
import type { Block } from './blocks.js';
import type { Chain } from './chain.js';
import { epochOf } from './config.js';
import { toBytes, toHex } from './hex.js';
import { advance, indexOf, stateRoot } from './state.js';
import type { State } from './state.js';

const NUMBER = /^\d{1,15}$/;
const ROOT = /^0x[0-9a-f]{64}$/i;
const PUBKEY = /^0x[0-9a-f]{96}$/i;

export const badRequest = (message: string): FaceError => new FaceError(400, 'localnet.bad_request', message);
export const notFound = (message: string): FaceError => new FaceError(404, 'localnet.not_found', message);

/** A query parameter that may be repeated or hold a list. */
export const listed = (query: URLSearchParams, key: string): string[] =>
  query.getAll(key).flatMap((value) => value.split(',').filter(Boolean));

export function parseNumber(text: string, what: string): number {
  if (!NUMBER.test(text)) throw badRequest(`invalid ${what}: ${text}`);
  return Number(text);
}

export interface StateView {
  readonly block: Block;
  readonly state: State;
}

export class BeaconViews {
  constructor(readonly chain: Chain) {}

  /** Flags of the official envelope. */
  envelope(block: Block, data: unknown, more: Record<string, unknown> = {}): Record<string, unknown> {
    return { ...more, execution_optimistic: false, finalized: block.slot <= this.chain.finalised.slot, data };
  }

  block(id: string): Block {
    const { blocks, head } = this.chain;
    const found = this.#named(id) ?? (ROOT.test(id) ? blocks.byRoot(id) : this.#numbered(parseNumber(id, 'block id'), head));
    if (!found) throw notFound('block not found');
    return found;
  }

  #named(id: string): Block | undefined {
    const { head, finalised, justified, blocks } = this.chain;
    const names: Record<string, Block | undefined> = { head, finalized: finalised, justified, genesis: blocks.genesis };
    return Object.hasOwn(names, id) ? names[id] : undefined;
  }

  /** A block that is being made stands in the chain before it is the head. */
  #numbered(slot: number, head: Block): Block | undefined {
    return slot <= head.slot ? this.chain.blocks.at(slot) : undefined;
  }

  /** The state at a missed slot is that of the last block, advanced. */
  state(id: string): StateView {
    const { blocks, head } = this.chain;
    if (ROOT.test(id)) {
      const block = blocks.byStateRoot((state) => stateRoot(state) === id.toLowerCase());
      if (!block) throw notFound('state not found: by root only recent states are known');
      return { block, state: blocks.state(block) };
    }
    const named = this.#named(id);
    if (named) return { block: named, state: blocks.state(named) };
    const slot = parseNumber(id, 'state id');
    if (slot > head.slot) throw notFound('state not found');
    const block = blocks.atOrBefore(slot);
    const state = blocks.state(block);
    return { block, state: slot > block.slot ? advance(state, slot) : state };
  }

  /** Index of a validator by index or key; null when the state has no such validator. */
  index(state: State, id: string): number | null {
    if (PUBKEY.test(id)) return indexOf(state, toBytes(id));
    const index = parseNumber(id, 'validator id');
    return index < state.validators.length ? index : null;
  }

  /** Indices of those asked for, all when none is named; unknown ones are left out, as the standard says. */
  indices(state: State, ids: readonly string[]): number[] {
    if (ids.length === 0) return Array.from({ length: state.validators.length }, (_, index) => index);
    return [...new Set(ids.map((id) => this.index(state, id)))].filter((index) => index !== null);
  }

  validator(state: State, index: number): { index: string; balance: string; status: string; validator: unknown } {
    const validator: phase0.Validator = state.validators.getReadonly(index);
    return {
      index: String(index),
      balance: String(state.balances.get(index)),
      status: getValidatorStatus(validator, epochOf(state.slot)),
      validator: ssz.phase0.Validator.toJson(validator),
    };
  }

  balance(state: State, index: number): { index: string; balance: string } {
    return { index: String(index), balance: String(state.balances.get(index)) };
  }

  header(block: Block): unknown {
    const { message, signature } = this.chain.blocks.content(block);
    return {
      root: block.root,
      canonical: true,
      header: {
        message: {
          slot: String(block.slot),
          proposer_index: String(message.proposerIndex),
          parent_root: toHex(message.parentRoot),
          state_root: toHex(message.stateRoot),
          body_root: toHex(ssz.electra.BeaconBlockBody.hashTreeRoot(message.body)),
        },
        signature: toHex(signature),
      },
    };
  }
}
