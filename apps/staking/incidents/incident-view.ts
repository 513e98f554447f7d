import { wireTime } from '#http';
import type { Incident } from './incident.entity.js';

/** As staff see it. */
export const view = (incident: Incident) => ({
  id: incident.id,
  pool_id: incident.poolId,
  kind: incident.kind,
  subject: incident.subject,
  state: incident.state,
  details: incident.details,
  created_at: wireTime(incident.createdAt),
  state_since: wireTime(incident.stateSince),
});
