/** The part of the Beacon API that takes something in: exits, evidence, and whom a proposer wants to be paid. */
import { ssz } from '@lodestar/types';
import { serveEvents } from './beacon-events.js';
import { badRequest } from './beacon-views.js';
import type { Routes } from '../http.js';
import type { Chain } from './chain.js';
import { readAttesterSlashing, readProposerSlashing } from './evidence.js';
import type { Hex } from './hex.js';
import { doubleVoters, isSlashable } from './operations.js';
import { exitProblem } from './state.js';

/** What `read` makes of a body; whatever it throws is the caller's fault (400). */
function taken<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw badRequest(`invalid ${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A list of {validator_index, fee_recipient}, as a validator client sends it every epoch. Unknown validators are fine: they may come. */
function readPreparations(body: unknown): [number, Hex][] {
  if (!Array.isArray(body)) throw badRequest('a list of preparations is needed');
  return body.map((entry: unknown) => {
    const { validator_index: index, fee_recipient: recipient } = (entry ?? {}) as Record<string, unknown>;
    const valid = /^\d{1,15}$/.test(String(index)) && typeof recipient === 'string' && /^0x[0-9a-fA-F]{40}$/.test(recipient);
    if (!valid) throw badRequest('a preparation has a validator_index and a fee_recipient');
    return [Number(index), recipient.toLowerCase() as Hex];
  });
}

export function poolRoutes(chain: Chain): Routes {
  const { operations } = chain;
  return {
    'GET /eth/v1/beacon/pool/voluntary_exits': () => ({
      data: operations.voluntaryExits.map((exit) => ssz.phase0.SignedVoluntaryExit.toJson(exit)),
    }),
    'POST /eth/v1/beacon/pool/voluntary_exits': ({ body, response }) => {
      const exit = taken('exit', () => ssz.phase0.SignedVoluntaryExit.fromJson(body));
      const known = exit.message.validatorIndex < chain.headState.validators.length;
      const problem = known ? exitProblem(chain.headState, exit) : 'unknown validator';
      if (problem !== null) throw badRequest(`invalid exit: ${problem}`);
      operations.addExit(exit);
      response.writeHead(200).end();
    },
    'POST /eth/v1/beacon/pool/proposer_slashings': ({ body, response }) => {
      operations.addSlashing(taken('proposer slashing', () => readProposerSlashing(chain.config, chain.headState, body)));
      response.writeHead(200).end();
    },
    'POST /eth/v2/beacon/pool/attester_slashings': ({ body, response }) => {
      const slashing = taken('attester slashing', () => readAttesterSlashing(chain.config, chain.headState, body));
      if (!doubleVoters(slashing).some((index) => isSlashable(chain.headState, index))) throw badRequest('nobody is slashable by it');
      operations.addDoubleVote(slashing);
      response.writeHead(200).end();
    },
    'POST /eth/v1/validator/prepare_beacon_proposer': ({ body, response }) => {
      for (const [index, recipient] of readPreparations(body)) chain.building.feeRecipients.set(index, recipient);
      response.writeHead(200).end();
    },
    'GET /eth/v1/events': serveEvents(chain),
  };
}
