/** Lies of a beacon node: one request at a time. */
import type { Nodes, Reply } from './nodes.js';
import type { Horizon, Told } from './told.js';

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const OTHER_VERSION = '0x00000000';
const OTHER_ROOT = `0x4b363db9${'00'.repeat(28)}`;

/** The path with the head, and what is final, as of the horizon. */
async function lowered(path: string, horizon: Horizon, nodes: Nodes): Promise<string> {
  const last = path.replace(/\/head(?=\/|\?|$)/, `/${horizon.slot}`);
  return /\/finalized(?=\/|\?|$)/.test(last) ? last.replace(/\/finalized(?=\/|\?|$)/, `/${await nodes.finalisedAt(horizon.slot)}`) : last;
}

/** A slot beyond the horizon is not there yet. */
function isBeyond(path: string, horizon: Horizon): boolean {
  const slot = /\/(?:headers|blocks|states)\/(\d+)(?=\/|\?|$)/.exec(path)?.[1];
  return slot !== undefined && Number(slot) > horizon.slot;
}

/** Changes an answer where a lie concerns it. */
function bend(body: Json, path: string, told: Told): Json {
  const { data } = body;
  if (told.has('network', 'beacon', path) && isObject(data)) {
    if ('genesis_fork_version' in data) Object.assign(data, { genesis_fork_version: OTHER_VERSION, genesis_validators_root: OTHER_ROOT });
    if ('GENESIS_FORK_VERSION' in data) Object.assign(data, { GENESIS_FORK_VERSION: OTHER_VERSION, DEPOSIT_CHAIN_ID: '1' });
    if (path.includes('deposit_contract')) Object.assign(data, { chain_id: '1' });
  }
  if (told.has('optimistic', 'beacon', path)) {
    if ('execution_optimistic' in body) body['execution_optimistic'] = true;
    if (isObject(data) && 'is_optimistic' in data) data['is_optimistic'] = true;
  }
  for (const { of, amount } of told.about('balance', 'beacon', path)) {
    for (const entry of (Array.isArray(data) ? data : [data]).filter(isObject)) {
      const { validator } = entry;
      if (isObject(validator) && validator['pubkey'] === of.toLowerCase()) entry['balance'] = amount;
    }
  }
  return body;
}

export async function lieOfBeacon(path: string, method: string, body: string | undefined, told: Told, nodes: Nodes): Promise<Reply> {
  const horizon = await told.horizon('beacon', path);
  if (horizon && isBeyond(path, horizon)) return { status: 404, text: '{"code":404,"message":"not found"}' };
  const target = told.asked(horizon ? await lowered(path, horizon, nodes) : path, 'beacon', path);
  const { status, text } = await nodes.beacon(target, method, body === undefined ? undefined : told.asked(body, 'beacon', path));
  const changed = told.answered(text, 'beacon', path);
  if (status !== 200 || changed === '') return { status, text: changed };
  const bent = bend(JSON.parse(changed) as Json, path, told);
  const { data } = bent;
  if (horizon && path.startsWith('/eth/v1/node/syncing') && isObject(data)) data['head_slot'] = String(horizon.slot);
  return { status, text: JSON.stringify(bent) };
}
