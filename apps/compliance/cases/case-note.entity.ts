import { Column, Entity, PrimaryColumn } from 'typeorm';

export type NoteKind = 'note' | 'request' | 'answer';

@Entity({ schema: 'compliance', name: 'case_note' })
export class CaseNoteRow {
  @PrimaryColumn({ type: 'uuid' }) id!: string;
  @Column({ name: 'application_id', type: 'uuid' }) applicationId!: string;
  @Column({ type: 'text' }) kind!: NoteKind;
  /** Sealed. */
  @Column({ type: 'bytea' }) text!: Buffer;
  @Column({ name: 'author_kind', type: 'text' }) authorKind!: 'client' | 'staff';
  @Column({ name: 'author_id', type: 'text' }) authorId!: string;
  @Column({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}
