import { Inject, Injectable } from '@nestjs/common';
import { record } from '#audit';
import { Transactor } from '#database';
import { page, Requests, type Answer, type Operation, type Page, type Reply } from '#http';
import { isUuid, ok, refuse, type Clock, type Result } from '#kernel';
import { writeHistory } from '../history/history.store.js';
import { step } from '../orders/order-moves.store.js';
import type { IncidentsQuery } from '../proposals/proposals.dto.js';
import { CLOCK } from '../tokens.js';
import { Incident } from './incident.entity.js';
import { view } from './incident-view.js';
import { incidentMachine } from './incident.js';
import { incidentById, pageOfIncidents } from './incidents.store.js';

/** What staff see of incidents, and that they have dealt with one. */
@Injectable()
export class IncidentsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly requests: Requests,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  list(query: IncidentsQuery): Promise<Page<object>> {
    const filter = {
      ...(query.pool_id ? { poolId: query.pool_id } : {}),
      ...(query.state ? { state: query.state } : {}),
      ...(query.kind ? { kind: query.kind } : {}),
    };
    return this.transactor.read((em) =>
      page(query, {
        filter: { list: 'staking.incidents', ...filter },
        fetch: (limit, before) => pageOfIncidents(em, filter, limit, before),
        at: ({ createdAt, id }) => ({ createdAt, id }),
        show: view,
      }),
    );
  }

  /** The comment says what was found and done; it stands in history and audit. */
  close(staffId: string, id: string, comment: string, operation: Operation): Promise<Answer> {
    return this.requests.once(operation, async (em): Promise<Result<Reply>> => {
      const incident = isUuid(id) ? await incidentById(em, id) : null;
      if (incident === null) return refuse('not_found', 'There is no such incident.');
      if (incident.state !== 'open') return refuse('incident.forbidden_move', 'It is closed already.', { state: incident.state });
      const actor = { kind: 'staff', id: staffId } as const;
      const history = step(incidentMachine, 'incident', incident, incident.id, 'close', { at: this.clock.now(), actor, reason: comment });
      await em.save(Incident, incident);
      await writeHistory(em, [history]);
      await record(em, { actor, action: 'incident.close', resource: incident.subject, reason: comment, details: { kind: incident.kind } });
      return ok({ status: 200, body: view(incident) });
    });
  }
}
