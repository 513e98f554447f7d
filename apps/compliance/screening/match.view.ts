import { publicId } from '#kernel';
import { nameOf } from '../history/history.store.js';
import { matchId } from './match.js';
import type { MatchRow, ScreeningRunRow } from './screening.entity.js';

export const matchView = (row: MatchRow) => ({
  id: matchId(row.id),
  state: row.state,
  subject: nameOf(row.subjectKind, row.subjectId),
  client_id: publicId('client', row.clientId),
  kind: row.kind,
  date_of_birth: row.birth,
  list: row.source,
  entry: row.entryId,
  programme: row.programme,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
});

export const runView = (row: ScreeningRunRow) => ({
  id: row.id,
  trigger: row.trigger,
  list_version: row.listVersion,
  algorithm: row.algorithm,
  outcome: row.outcome,
  matches: row.matchIds.map(matchId),
  at: row.at.toISOString(),
});
