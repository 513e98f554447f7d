import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { money, Requests, wireTime, type Answer, type Operation, type Reply } from '#http';
import { isUuid, ok, publicId, refuse, Refused, type AssetCode, type Clock, type Result } from '#kernel';
import { distributionsOf } from '../distributions/distributions.store.js';
import type { Loss } from '../losses/loss.entity.js';
import { partsOf, stepsOfLosses } from '../losses/losses.store.js';
import { productOfPool } from '../products/products.store.js';
import { CLOCK } from '../tokens.js';
import { IncidentComment } from './incident-comment.entity.js';
import { Incident } from './incident.entity.js';
import { view } from './incident-view.js';
import type { IncidentCommentBody } from './incidents.dto.js';
import { incidentById } from './incidents.store.js';
import { commentsOf, historyOf, insertComment, lossesOf, recoveriesOf, type Happened } from './timeline.store.js';

interface Point {
  readonly at: Date;
  readonly what: string;
  readonly by: string | null;
  readonly said: string | null;
  readonly facts: object;
}

/** The record of an incident for officers: detection, reports, what cover bore, pauses, what was given back, and what people said. */
@Injectable()
export class TimelineService {
  constructor(
    private readonly transactor: Transactor,
    private readonly requests: Requests,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  one(id: string): Promise<object> {
    return this.transactor.read(async (em) => {
      const incident = isUuid(id) ? await em.findOneBy(Incident, { id }) : null;
      if (incident === null) throw new Refused(NOT_FOUND.refusal);
      const losses = await lossesOf(em, incident);
      const points = [opened(incident), ...(await this.points(em, incident, losses))];
      points.sort((a, b) => a.at.getTime() - b.at.getTime());
      return {
        ...view(incident),
        losses: losses.map((loss) => loss.id),
        timeline: points.map(({ at, what, by, said, facts }) => ({ at: wireTime(at), what, by, said, ...facts })),
      };
    });
  }

  comment(staffId: string, id: string, body: IncidentCommentBody, operation: Operation): Promise<Answer> {
    return this.requests.once(operation, async (em): Promise<Result<Reply>> => {
      const incident = isUuid(id) ? await incidentById(em, id) : null;
      if (incident === null) return NOT_FOUND;
      const row = Object.assign(new IncidentComment(), {
        id: operation.id,
        incidentId: incident.id,
        staffId,
        toClients: body.to_clients ?? false,
        comment: body.comment,
        at: this.clock.now(),
      });
      await insertComment(em, row);
      const details = { kind: incident.kind, to_clients: row.toClients };
      await record(em, {
        actor: { kind: 'staff', id: staffId },
        action: 'incident.comment',
        resource: incident.subject,
        reason: body.comment,
        details,
      });
      return ok({
        status: 201,
        body: { id: row.id, incident_id: incident.id, comment: row.comment, to_clients: row.toClients, at: wireTime(row.at) },
      });
    });
  }

  private async points(em: EntityManager, incident: Incident, losses: readonly Loss[]): Promise<Point[]> {
    const ids = losses.map((loss) => loss.id);
    const asset = (await productOfPool(em, incident.poolId))?.asset ?? 'ETH';
    const recoveries = await recoveriesOf(em, ids);
    const history = await historyOf(em, incident, [
      ['incident', incident.id],
      ...(incident.kind === 'validator.slashed' ? ([['validator', incident.subject]] as const) : []),
      ...recoveries.map(({ id }) => ['proposal', id] as const),
      ...(await distributionsOf(em, ids)).map(({ id }) => ['distribution', id] as const),
    ]);
    return [
      ...(await ofLosses(em, incident, losses, asset)),
      ...recoveries.map((r) => ({
        at: r.at,
        what: 'recovery.proposed',
        by: publicId('staff', r.by),
        said: r.comment,
        facts: { proposal_id: publicId('operation', r.id) },
      })),
      ...history.map(moved),
      ...(await commentsOf(em, [incident.id])).map((c) => ({
        at: c.at,
        what: 'comment',
        by: publicId('staff', c.staffId),
        said: c.comment,
        facts: { to_clients: c.toClients },
      })),
    ];
  }
}

const NOT_FOUND = refuse('not_found', 'There is no such incident.');

const opened = ({ createdAt, details }: Incident): Point => ({
  at: createdAt,
  what: 'incident.opened',
  by: null,
  said: null,
  facts: { details },
});

const moved = ({ noun, resource, event, to, actorKind, actorId, reason, at }: Happened): Point => ({
  at,
  what: `${noun}.${event}`,
  by: actorKind === 'staff' ? publicId('staff', actorId) : null,
  said: reason,
  facts: { of: noun === 'proposal' ? publicId('operation', resource) : resource, state: to },
});

async function ofLosses(em: EntityManager, { kind, subject }: Incident, losses: readonly Loss[], asset: AssetCode): Promise<Point[]> {
  const ids = losses.map((loss) => loss.id);
  const concerns = ({ pubkey }: { pubkey: string }): boolean => kind !== 'validator.slashed' || pubkey === subject;
  const [parts, steps] = [(await partsOf(em, ids)).filter(concerns), (await stepsOfLosses(em, ids)).filter(concerns)];
  return losses.flatMap((loss): Point[] => {
    const own = parts.filter((part) => part.lossId === loss.id);
    const report = { report: loss.reportNumber, loss_id: loss.id };
    const borne = { covered: money(asset, loss.covered), borne_by_pool: money(asset, loss.borne), clients: loss.clients };
    const validators = own.map((part) => ({
      validator: part.pubkey,
      covered: money(asset, part.covered),
      borne_by_pool: money(asset, part.borne),
    }));
    return [
      { at: loss.at, what: 'report.loss', by: null, said: null, facts: { ...report, ...borne, validators } },
      ...steps
        .filter((step) => step.lossId === loss.id)
        .map((step) => ({
          at: step.at,
          what: `cover.${step.source}`,
          by: null,
          said: null,
          facts: { ...report, step: step.step, validator: step.pubkey, operator_id: step.operatorId, ...money(asset, step.amount) },
        })),
    ];
  });
}
