import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { DecisionActionName, DecisionFacts, DecisionState } from './decision.js';

/** What a decision would do, complete: its hash is what the checker's approval is bound to. No personal data. */
export type DecisionPayload = Readonly<Record<string, string | number | null | readonly string[]>>;

@Entity({ schema: 'compliance', name: 'decision' })
export class DecisionRow implements DecisionFacts {
  @PrimaryColumn({ type: 'uuid' }) id!: string;
  @Column({ type: 'integer' }) version!: number;
  @Column({ type: 'text' }) action!: DecisionActionName;
  @Column({ name: 'resource_id', type: 'uuid' }) resourceId!: string;
  @Column({ name: 'client_id', type: 'uuid' }) clientId!: string;
  @Column({ type: 'text' }) state!: DecisionState;
  @Column({ type: 'jsonb' }) payload!: DecisionPayload;
  @Column({ name: 'payload_hash', type: 'text' }) payloadHash!: string;
  /** Sealed. */
  @Column({ type: 'bytea', nullable: true }) comment!: Buffer | null;
  /** The checker's own words, sealed. */
  @Column({ type: 'bytea', nullable: true }) answer!: Buffer | null;
  @Column({ name: 'maker_id', type: 'uuid' }) makerId!: string;
  @Column({ name: 'checker_id', type: 'uuid', nullable: true }) checkerId!: string | null;
  @Column({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
  @Column({ name: 'expires_at', type: 'timestamptz' }) expiresAt!: Date;
  @Column({ name: 'decided_at', type: 'timestamptz', nullable: true }) decidedAt!: Date | null;
}
