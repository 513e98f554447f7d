import type { EntityManager } from 'typeorm';
import type { StaffRole } from '#http';

export interface StaffMember {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly StaffRole[];
  readonly tokenSha256: Buffer;
}
interface StaffRow extends StaffMember {
  readonly version: number;
}

export async function findStaff(em: EntityManager, name: string): Promise<StaffRow | null> {
  const [row] = await em.query<StaffRow[]>(
    'SELECT id, name, roles, token_sha256 AS "tokenSha256", version FROM reception.staff WHERE name = $1 AND revoked_at IS NULL FOR UPDATE',
    [name],
  );
  return row ?? null;
}

export async function addStaff(em: EntityManager, member: StaffMember, at: Date): Promise<void> {
  await em.query('INSERT INTO reception.staff (id, name, roles, token_sha256, created_at) VALUES ($1, $2, $3, $4, $5)', [
    member.id,
    member.name,
    member.roles,
    member.tokenSha256,
    at,
  ]);
}

export async function changeStaff(em: EntityManager, member: StaffMember, version: number): Promise<void> {
  await em.query('UPDATE reception.staff SET roles = $2, token_sha256 = $3, version = $4 WHERE id = $1', [
    member.id,
    member.roles,
    member.tokenSha256,
    version,
  ]);
}

export async function addStaffHistory(
  em: EntityManager,
  entry: { staffId: string; version: number; roles: readonly StaffRole[]; actor: string; reason: string; at: Date },
): Promise<void> {
  await em.query('INSERT INTO reception.staff_history (staff_id, version, roles, actor, reason, at) VALUES ($1, $2, $3, $4, $5, $6)', [
    entry.staffId,
    entry.version,
    entry.roles,
    entry.actor,
    entry.reason,
    entry.at,
  ]);
}
