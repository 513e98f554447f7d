import type { Called, OpenStaking, Person } from '../staking.spec-support.js';

/** The two people of a proposal, and what they do. */
export class Desk {
  private constructor(
    private readonly s: OpenStaking,
    readonly one: Person,
    readonly two: Person,
  ) {}

  static async of(s: OpenStaking): Promise<Desk> {
    return new Desk(s, await s.staff('officer'), await s.staff('senior_officer'));
  }
  propose(kind: string, terms: object, more: object = {}): Promise<Called> {
    return this.s.call(this.one, 'POST', '/v1/staking/proposals', { kind, terms, comment: 'looked at it', ...more });
  }
  approve(id: string): Promise<Called> {
    return this.s.call(this.two, 'POST', `/v1/staking/proposals/${id}/approve`, { comment: 'looked at it too' });
  }
  /** Proposed by one, decided by the other; throws unless it was carried out. */
  async decide(kind: string, terms: object, more: object = {}): Promise<void> {
    const proposed = await this.propose(kind, terms, more);
    const decided = proposed.status === 201 ? await this.approve(proposed.body.id as string) : proposed;
    if (decided.status !== 200) throw new Error(`${kind}: ${JSON.stringify(decided.body)}`);
  }
  /** What staff read. */
  async read(path: string): Promise<Called['body']> {
    return (await this.s.call(this.one, 'GET', `/v1/staking/${path}`)).body;
  }
}

/** Terms of an operator that are in order. */
export const terms = (id: string, change: object = {}): object => ({
  id,
  name: `Operator ${id}`,
  jurisdiction: 'CH',
  client_type: 'teku',
  contract_reference: 'MSA-1',
  contract_from: '2026-01-01',
  sla_effectiveness_bps: 9_500,
  sla_proposals_bps: 9_500,
  fee_bps: 0,
  self_bond_atomic: '0',
  fee_recipients: [],
  mev_policy: 'any',
  relays: [],
  builders: [],
  weight: 100,
  stake_limit_bps: 10_000,
  exit_threshold_bps: 10_000,
  state: 'active',
  ...change,
});
export const card = (operatorId: string, expiresAt: string): object => ({
  operator_id: operatorId,
  scores: { technology: 80, security: 80, finance: 80, record: 80, insurance: 80 },
  evidence: 'report of the committee',
  expires_at: expiresAt,
});
