import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { money, page, wireTime, type Page, type PageQuery } from '#http';
import { amount, mulDiv, refuse, Refused, type AssetCode } from '#kernel';
import { Validator } from '../exits/validator.entity.js';
import { bunkerView } from '../losses/bunker.js';
import type { CoverStepRow, Loss, LossPart } from '../losses/loss.entity.js';
import { partsOf, stepsOfLosses, weightsOf } from '../losses/losses.store.js';
import { poolOf } from '../pools/pools.store.js';
import type { PoolRow } from '../pools/pool.entity.js';
import type { Product } from '../products/product.entity.js';
import { isFor, productOf } from '../products/products.store.js';
import type { IncidentComment } from './incident-comment.entity.js';
import type { Incident } from './incident.entity.js';
import { commentsOf, lossesOf, pageForClients } from './timeline.store.js';

interface Shown {
  readonly incident: Incident;
  readonly show: object;
}

/** What clients of a pool are told of its troubles: what happened, what it cost, what cover bore, what comes next. No operator, no person. */
@Injectable()
export class ClientIncidentsService {
  constructor(private readonly transactor: Transactor) {}

  async list(clientId: string, productId: string, query: PageQuery): Promise<Page<object>> {
    const product = await this.transactor.read((em) => productOf(em, productId));
    if (product === null || !isFor(product, clientId)) throw new Refused(refuse('not_found', 'There is no such product.').refusal);
    return page<Shown, object>(query, {
      filter: { list: 'staking.product_incidents', product: product.id },
      fetch: (limit, before) =>
        this.transactor.read(async (em) => {
          const row = await poolOf(em, product.poolId);
          const incidents = await pageForClients(em, product.poolId, limit, before);
          const comments = await commentsOf(
            em,
            incidents.map((incident) => incident.id),
          );
          const shown: Shown[] = [];
          for (const incident of incidents) {
            const said = comments.filter((comment) => comment.toClients && comment.incidentId === incident.id);
            shown.push({ incident, show: await told(em, clientId, { product, row, incident, said }) });
          }
          return shown;
        }),
      at: ({ incident }) => ({ createdAt: incident.createdAt, id: incident.id }),
      show: ({ show }) => show,
    });
  }
}

interface Story {
  readonly product: Product;
  readonly row: PoolRow | null;
  readonly incident: Incident;
  readonly said: readonly IncidentComment[];
}

async function told(em: EntityManager, clientId: string, { product, row, incident, said }: Story): Promise<object> {
  const slashed = incident.kind === 'validator.slashed' ? await em.findOneBy(Validator, { pubkey: incident.subject }) : null;
  return {
    id: incident.id,
    product_id: product.id,
    kind: incident.kind,
    state: incident.state,
    since: wireTime(incident.createdAt),
    until: incident.state === 'closed' ? wireTime(incident.stateSince) : null,
    ...(slashed ? { validator: slashed.pubkey } : { report: Number(incident.subject) }),
    what_happened: slashed
      ? 'The protocol punished a validator of this pool: it loses a part of its stake, and leaves.'
      : 'A report lost a large part of this pool.',
    cost: await costOf(em, clientId, incident, product.asset),
    paused: row && bunkerView(row),
    what_comes_next: nextOf(slashed, row, incident, product.asset),
    updates: said.map(({ at, comment }) => ({ at: wireTime(at), text: comment })),
  };
}

/** What the reports so far took, by who bore it, the caller's own part apart. */
async function costOf(em: EntityManager, clientId: string, incident: Incident, asset: AssetCode): Promise<object> {
  const losses = await lossesOf(em, incident);
  const ids = losses.map((loss) => loss.id);
  const own = ({ pubkey }: { pubkey: string }): boolean => incident.kind !== 'validator.slashed' || pubkey === incident.subject;
  const [parts, steps] = [(await partsOf(em, ids)).filter(own), (await stepsOfLosses(em, ids)).filter(own)];
  const weights = new Map((await weightsOf(em, ids, clientId)).map((w) => [w.lossId, w.weight]));
  const borneOf = (loss: Loss): bigint => (incident.kind === 'validator.slashed' ? partOf(parts, loss) : loss.borne);
  const yours = losses.reduce((sum, loss) => {
    const weight = weights.get(loss.id) ?? 0n;
    if (weight === 0n || loss.borne === 0n) return sum;
    return sum + mulDiv(mulDiv(loss.ofClients, weight, loss.weight, 'floor'), borneOf(loss), loss.borne, 'floor');
  }, 0n);
  const bySource = (source: CoverStepRow['source']) => money(asset, total(steps.filter((step) => step.source === source)));
  return {
    covered: money(asset, total(steps)),
    covered_by: { operator_bond: bySource('operator_bond'), cover_fund: bySource('cover_fund'), first_loss: bySource('first_loss') },
    borne_by_pool: money(asset, amount(losses.reduce((sum, loss) => sum + borneOf(loss), 0n))),
    borne_by_you: money(asset, amount(yours)),
    given_back: money(asset, amount(losses.reduce((sum, loss) => sum + loss.reimbursed, 0n))),
    reports: losses.map((loss) => loss.reportNumber),
  };
}

const total = (rows: readonly { readonly amount: bigint }[]) => amount(rows.reduce((sum, row) => sum + row.amount, 0n));
const partOf = (parts: readonly LossPart[], loss: Loss): bigint =>
  parts.filter((part) => part.lossId === loss.id).reduce((sum, part) => sum + part.borne, 0n);

function nextOf(slashed: Validator | null, row: PoolRow | null, incident: Incident, asset: AssetCode): object[] {
  const next: object[] = [];
  if (slashed?.state === 'slashed') {
    if (slashed.forecastPenalty !== null && slashed.forecastPenalty > 0n)
      next.push({
        text: 'The protocol takes a further penalty, larger the more validators of anybody are slashed around the same time. Cover bears it first.',
        expected: money(asset, slashed.forecastPenalty),
        by_epoch: slashed.forecastEpoch?.toString() ?? null,
      });
    next.push({ text: 'The validator leaves the network by itself; what is left of it comes back to the pool when it has left.' });
  }
  if (row?.bunkerFromPlace != null)
    next.push({ text: 'The pool is paused. Exits requested before the trouble are paid in their order, later ones when the pause ends.' });
  if (incident.state === 'open')
    next.push({ text: 'What is recovered, or given back by us, goes to those who held when the loss fell, also if they have left.' });
  return next;
}
