import { publicId } from '#kernel';
import { type Noun, nameOf } from '../history/history.store.js';
import type { DecisionActionName } from './decision.js';
import type { DecisionRow } from './decision.entity.js';

const nouns: Readonly<Record<DecisionActionName, Noun>> = {
  'application.decide': 'application',
  'match.resolve': 'match',
  'deposit.release': 'deposit',
  'hold.release': 'hold',
  'standing.close': 'standing',
};

/** A decision as staff sees it. What people wrote is opened by the caller, where it is shown. */
export const decisionView = (row: DecisionRow, texts: { comment?: string | null; answer?: string | null } = {}) => ({
  id: publicId('decision', row.id),
  action: row.action,
  resource: nameOf(nouns[row.action], row.resourceId),
  client_id: publicId('client', row.clientId),
  state: row.state,
  payload: row.payload,
  payload_hash: row.payloadHash,
  ...texts,
  maker_id: publicId('staff', row.makerId),
  checker_id: row.checkerId === null ? null : publicId('staff', row.checkerId),
  created_at: row.createdAt.toISOString(),
  expires_at: row.expiresAt.toISOString(),
  decided_at: row.decidedAt?.toISOString() ?? null,
});
