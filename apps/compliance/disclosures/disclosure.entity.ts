import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'compliance', name: 'disclosure_document' })
export class DisclosureRow {
  @PrimaryColumn({ name: 'product_id', type: 'text' }) productId!: string;
  @PrimaryColumn({ type: 'integer' }) version!: number;
  /** SHA-256 of the text. */
  @Column({ type: 'text' }) hash!: string;
  @Column({ type: 'text' }) text!: string;
  @Column({ name: 'published_at', type: 'timestamptz' }) publishedAt!: Date;
}

/** Who accepted which version, and how. */
@Entity({ schema: 'compliance', name: 'acknowledgement' })
export class AcknowledgementRow {
  @PrimaryColumn({ type: 'uuid' }) id!: string;
  @Column({ name: 'client_id', type: 'uuid' }) clientId!: string;
  @Column({ name: 'product_id', type: 'text' }) productId!: string;
  @Column({ type: 'integer' }) version!: number;
  @Column({ type: 'text' }) hash!: string;
  /** direct: at this room's door; order: with an order. */
  @Column({ type: 'text' }) channel!: 'direct' | 'order';
  @Column({ name: 'operation_id', type: 'uuid', nullable: true }) operationId!: string | null;
  /** Sealed, as is the user agent. */
  @Column({ type: 'bytea', nullable: true }) ip!: Buffer | null;
  @Column({ name: 'user_agent', type: 'bytea', nullable: true }) userAgent!: Buffer | null;
  @Column({ type: 'timestamptz' }) at!: Date;
}
