/** The Beacon REST face: official paths, shapes and flags (github.com/ethereum/beacon-APIs), the part that a custodian uses. */
import { ssz } from '@lodestar/types';
import { serve } from '../http.js';
import type { Call, Face, Handler, Routes } from '../http.js';
import { poolRoutes } from './beacon-pool.js';
import { BeaconViews, badRequest, listed, notFound, parseNumber } from './beacon-views.js';
import type { StateView } from './beacon-views.js';
import type { Chain } from './chain.js';
import { DEPOSIT_CONTRACT, FORK, SLOTS_PER_EPOCH, epochOf, firstSlotOf, specJson } from './config.js';
import { toHex } from './hex.js';
import { attestationRewards, syncCommitteeRewards } from './production.js';
import { advance, stateRoot } from './state.js';
import type { State } from './state.js';

const GWEI_PER_IDEAL_STEP = 32_000_000_000;

const snake = (record: object): Record<string, string> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), String(value)]));
const checkpoint = ({ epoch, root }: { epoch: number; root: Uint8Array }): { epoch: string; root: string } => ({
  epoch: String(epoch),
  root: toHex(root),
});

/** A list of ids in a body: strings, or numbers for indices. */
function idList(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw badRequest('a list of validator ids is needed');
  return value.map(String);
}

/** As the reward functions want them: numbers for indices, keys as they are. */
const mixedIds = (body: unknown): (number | string)[] =>
  idList(body).map((id) => (id.startsWith('0x') ? id : parseNumber(id, 'validator id')));

function nodeRoutes(chain: Chain): Routes {
  const { config } = chain;
  const genesis = chain.blocks.state(chain.blocks.genesis);
  return {
    'GET /eth/v1/node/version': () => ({ data: { version: 'localnet/1 (Lodestar state transition, one trusted producer)' } }),
    'GET /eth/v1/node/health': ({ response }) => response.writeHead(chain.switches.syncing ? 206 : 200).end(),
    'GET /eth/v1/node/syncing': () => ({
      data: {
        head_slot: String(chain.head.slot),
        sync_distance: chain.switches.syncing ? '1000' : '0',
        is_syncing: chain.switches.syncing,
        is_optimistic: false,
        el_offline: false,
      },
    }),
    'GET /eth/v1/config/spec': () => ({ data: specJson(config) }),
    'GET /eth/v1/config/deposit_contract': () => ({ data: { chain_id: String(chain.birth.chainId), address: DEPOSIT_CONTRACT } }),
    'GET /eth/v1/config/fork_schedule': () => ({ data: [ssz.phase0.Fork.toJson(genesis.fork.toValue())] }),
    'GET /eth/v1/beacon/genesis': () => ({
      data: {
        genesis_time: String(genesis.genesisTime),
        genesis_validators_root: toHex(genesis.genesisValidatorsRoot),
        genesis_fork_version: toHex(config.GENESIS_FORK_VERSION),
      },
    }),
  };
}

function blockRoutes(views: BeaconViews): Routes {
  const { blocks } = views.chain;
  return {
    'GET /eth/v1/beacon/headers': ({ query }) => {
      const block = views.block(query.get('slot') ?? 'head');
      return views.envelope(block, [views.header(block)]);
    },
    'GET /eth/v1/beacon/headers/{id}': ({ params }) => {
      const block = views.block(params['id'] ?? '');
      return views.envelope(block, views.header(block));
    },
    'GET /eth/v1/beacon/blocks/{id}/root': ({ params }) => {
      const block = views.block(params['id'] ?? '');
      return views.envelope(block, { root: block.root });
    },
    'GET /eth/v2/beacon/blocks/{id}': ({ params, response }) => {
      const block = views.block(params['id'] ?? '');
      response.setHeader('eth-consensus-version', FORK);
      return views.envelope(block, ssz.electra.SignedBeaconBlock.toJson(blocks.content(block)), { version: FORK });
    },
  };
}

/** Who attests together, in the state's epoch or the one before or after it. */
function committees(state: State, query: URLSearchParams): unknown[] {
  const wanted = (key: string): number | null => (query.has(key) ? parseNumber(query.get(key) ?? '', key) : null);
  const [epoch, index, slot] = [wanted('epoch') ?? epochOf(wanted('slot') ?? state.slot), wanted('index'), wanted('slot')];
  if (Math.abs(epoch - epochOf(state.slot)) > 1) throw badRequest('the state knows committees of its own epoch and those beside it');
  const slots = Array.from({ length: SLOTS_PER_EPOCH }, (_, i) => firstSlotOf(epoch) + i).filter((at) => slot === null || at === slot);
  const count = state.epochCtx.getCommitteeCountPerSlot(epoch);
  const indices = Array.from({ length: count }, (_, i) => i).filter((at) => index === null || at === index);
  return slots.flatMap((at) =>
    indices.map((committee) => ({
      index: String(committee),
      slot: String(at),
      validators: Array.from(state.epochCtx.getBeaconCommittee(at, committee), String),
    })),
  );
}

function stateRoutes(views: BeaconViews): Routes {
  const at = ({ params }: Call): StateView => views.state(params['id'] ?? '');
  const answer =
    (data: (state: State) => unknown, more?: Record<string, unknown>): Handler =>
    (call) => {
      const { block, state } = at(call);
      return views.envelope(block, data(state), more);
    };
  const validators = (call: Call, ids: string[], statuses: string[]): unknown =>
    answer((state) =>
      views
        .indices(state, ids)
        .map((index) => views.validator(state, index))
        .filter(({ status }) => statuses.length === 0 || statuses.includes(status) || statuses.includes(status.split('_')[0] ?? '')),
    )(call);
  const balances = (call: Call, ids: string[]): unknown =>
    answer((state) => views.indices(state, ids).map((index) => views.balance(state, index)))(call);
  return {
    'GET /eth/v1/beacon/states/{id}/root': answer((state) => ({ root: stateRoot(state) })),
    'GET /eth/v1/beacon/states/{id}/fork': answer((state) => ssz.phase0.Fork.toJson(state.fork.toValue())),
    'GET /eth/v1/beacon/states/{id}/finality_checkpoints': answer((state) => ({
      previous_justified: checkpoint(state.previousJustifiedCheckpoint),
      current_justified: checkpoint(state.currentJustifiedCheckpoint),
      finalized: checkpoint(state.finalizedCheckpoint),
    })),
    'GET /eth/v1/beacon/states/{id}/validators': (call) => validators(call, listed(call.query, 'id'), listed(call.query, 'status')),
    'POST /eth/v1/beacon/states/{id}/validators': (call) => {
      const { ids, statuses } = (call.body ?? {}) as { ids?: unknown; statuses?: unknown };
      return validators(call, idList(ids), idList(statuses));
    },
    'GET /eth/v1/beacon/states/{id}/validators/{validator}': (call) => {
      const { block, state } = at(call);
      const index = views.index(state, call.params['validator'] ?? '');
      if (index === null) throw notFound('validator not found');
      return views.envelope(block, views.validator(state, index));
    },
    'GET /eth/v1/beacon/states/{id}/validator_balances': (call) => balances(call, listed(call.query, 'id')),
    'POST /eth/v1/beacon/states/{id}/validator_balances': (call) => balances(call, idList(call.body)),
    'GET /eth/v1/beacon/states/{id}/committees': (call) => answer((state) => committees(state, call.query))(call),
    'GET /eth/v1/beacon/states/{id}/pending_deposits': answer(
      (state) => ssz.electra.PendingDeposits.toJson(state.pendingDeposits.toValue()),
      { version: FORK },
    ),
    'GET /eth/v1/beacon/states/{id}/pending_partial_withdrawals': answer(
      (state) => ssz.electra.PendingPartialWithdrawals.toJson(state.pendingPartialWithdrawals.toValue()),
      { version: FORK },
    ),
    'GET /eth/v1/beacon/states/{id}/pending_consolidations': answer(
      (state) => ssz.electra.PendingConsolidations.toJson(state.pendingConsolidations.toValue()),
      { version: FORK },
    ),
  };
}

function rewardRoutes(views: BeaconViews): Routes {
  const { blocks, config } = views.chain;
  return {
    'GET /eth/v1/beacon/rewards/blocks/{id}': ({ params }) => {
      const block = views.block(params['id'] ?? '');
      if (!block.rewards) throw notFound('genesis has no rewards');
      return views.envelope(block, snake(block.rewards));
    },
    'POST /eth/v1/beacon/rewards/sync_committee/{id}': async ({ params, body }) => {
      const block = views.block(params['id'] ?? '');
      const parent = blocks.parent(block);
      if (!parent) throw notFound('genesis has no rewards');
      const pre = advance(blocks.state(parent), block.slot);
      const rewards = await syncCommitteeRewards(config, blocks.content(block), pre, mixedIds(body));
      return views.envelope(block, rewards.map(snake));
    },
    'POST /eth/v1/beacon/rewards/attestations/{epoch}': async ({ params, body }) => {
      // Votes of an epoch are counted until the end of the next one.
      const { block, state } = views.state(String(firstSlotOf(parseNumber(params['epoch'] ?? '', 'epoch') + 2) - 1));
      const { idealRewards, totalRewards } = await attestationRewards(config, state, mixedIds(body));
      const ideal = idealRewards.filter(({ effectiveBalance }) => effectiveBalance > 0 && effectiveBalance % GWEI_PER_IDEAL_STEP === 0);
      return views.envelope(block, { ideal_rewards: ideal.map(snake), total_rewards: totalRewards.map(snake) });
    },
  };
}

/** Who is to propose, epoch by epoch: fixed when the epoch begins; of the next one as it stands now. */
function dutyRoutes(views: BeaconViews): Routes {
  return {
    'GET /eth/v1/validator/duties/proposer/{epoch}': ({ params }) => {
      const epoch = parseNumber(params['epoch'] ?? '', 'epoch');
      const current = epochOf(views.chain.head.slot);
      if (epoch > current + 1) throw badRequest(`duties are known up to epoch ${current + 1}`);
      const state = epoch > current ? views.chain.headState : views.state(String(firstSlotOf(epoch))).state;
      const proposers = epoch > current ? state.epochCtx.getBeaconProposersNextEpoch() : state.epochCtx.getBeaconProposers();
      const data = proposers.map((index, i) => ({
        pubkey: toHex(state.validators.getReadonly(index).pubkey),
        validator_index: String(index),
        slot: String(firstSlotOf(epoch) + i),
      }));
      const before = views.chain.blocks.atOrBefore(Math.max(0, firstSlotOf(Math.min(epoch, current)) - 1));
      return { dependent_root: before.root, execution_optimistic: false, data };
    },
  };
}

export function serveBeacon(chain: Chain, port: number): Promise<Face> {
  const views = new BeaconViews(chain);
  const routes = {
    ...nodeRoutes(chain),
    ...blockRoutes(views),
    ...stateRoutes(views),
    ...rewardRoutes(views),
    ...dutyRoutes(views),
    ...poolRoutes(chain),
  };
  return serve(port, routes, (status, _code, message) => ({ code: status, message }), chain.report);
}
