import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A version of all lists together. The highest is in force; earlier ones stay, so that past results can be replayed. */
@Entity({ schema: 'compliance', name: 'watchlist_snapshot' })
export class SnapshotRow {
  @PrimaryColumn({ type: 'integer' }) version!: number;
  @Column({ type: 'text' }) sha256!: string;
  @Column({ type: 'jsonb' }) sources!: { source: string; entries: number; sha256: string }[];
  @Column({ type: 'integer' }) entries!: number;
  @Column({ name: 'loaded_at', type: 'timestamptz' }) loadedAt!: Date;
}

@Entity({ schema: 'compliance', name: 'watchlist_entry' })
export class EntryRow {
  @PrimaryColumn({ type: 'integer' }) snapshot!: number;
  @PrimaryColumn({ name: 'entry_id', type: 'text' }) entryId!: string;
  @Column({ type: 'text' }) source!: string;
  @Column({ type: 'text' }) kind!: 'person' | 'entity' | 'address';
  @Column({ name: 'date_of_birth', type: 'text', nullable: true }) dateOfBirth!: string | null;
  @Column({ type: 'text' }) programme!: string;
  @Column({ name: 'content_hash', type: 'text' }) contentHash!: string;
}

/** One name or address of an entry, in the form in which it is compared and as it is written. */
@Entity({ schema: 'compliance', name: 'watchlist_term' })
export class TermRow {
  @PrimaryColumn({ type: 'integer' }) snapshot!: number;
  @PrimaryColumn({ type: 'text' }) kind!: 'name' | 'address';
  @PrimaryColumn({ type: 'text' }) term!: string;
  @PrimaryColumn({ name: 'entry_id', type: 'text' }) entryId!: string;
  @Column({ type: 'text' }) written!: string;
}
