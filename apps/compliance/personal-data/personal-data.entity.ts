import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Sealed fields; only personal-data.store.ts opens them. */
@Entity({ schema: 'compliance', name: 'personal_data' })
export class PersonalDataRow {
  @PrimaryColumn({ name: 'application_id', type: 'uuid' }) applicationId!: string;
  @Column({ name: 'key_id', type: 'text' }) keyId!: string;
  @Column({ name: 'full_name', type: 'bytea' }) fullName!: Buffer;
  @Column({ name: 'date_of_birth', type: 'bytea' }) dateOfBirth!: Buffer;
  @Column({ type: 'bytea' }) nationality!: Buffer;
  @Column({ type: 'bytea' }) residence!: Buffer;
  @Column({ type: 'bytea', nullable: true }) occupation!: Buffer | null;
  @Column({ name: 'source_of_funds', type: 'bytea' }) sourceOfFunds!: Buffer;
  @Column({ name: 'updated_at', type: 'timestamptz' }) updatedAt!: Date;
}

@Entity({ schema: 'compliance', name: 'data_key' })
export class DataKeyRow {
  @PrimaryColumn({ name: 'key_id', type: 'text' }) keyId!: string;
  @Column({ name: 'first_used_at', type: 'timestamptz' }) firstUsedAt!: Date;
}
