import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import type { StaffRole } from '#http';
import { type Clock, invariant, publicId, systemClock, uuid5 } from '#kernel';
import { sha256 } from './keys/api-key.js';
import { addStaff, addStaffHistory, changeStaff, findStaff } from './staff/staff.store.js';

export interface SeededStaff {
  /** Names the person; seeding again with the same name changes that person. */
  readonly name: string;
  readonly roles: readonly StaffRole[];
  /** `bs_` and 32 bytes in base64url; only its hash is kept. */
  readonly token: string;
}

/** Brings the staff table to what is asked, connected as reception's role. Nothing is written for who is as asked already. */
export async function seedStaff(em: EntityManager, staff: readonly SeededStaff[], clock: Clock = systemClock): Promise<void> {
  for (const { name, roles, token } of staff) {
    invariant(/^bs_[A-Za-z0-9_-]{43}$/.test(token), 'staff.token_malformed', { name });
    await seedOne(em, { name, roles: [...roles].sort(), tokenSha256: sha256(token) }, clock.now());
  }
}

async function seedOne(em: EntityManager, asked: { name: string; roles: StaffRole[]; tokenSha256: Buffer }, at: Date): Promise<void> {
  const known = await findStaff(em, asked.name);
  const member = { id: known?.id ?? uuid5('staff', asked.name), ...asked };
  if (known && known.tokenSha256.equals(asked.tokenSha256) && [...known.roles].sort().join() === asked.roles.join()) return;
  const version = (known?.version ?? 0) + 1;
  if (known) await changeStaff(em, member, version);
  else await addStaff(em, member, at);
  await addStaffHistory(em, { staffId: member.id, version, roles: member.roles, actor: 'seed', reason: known ? 'changed' : 'created', at });
  await record(em, {
    actor: { kind: 'system', id: 'seed' },
    action: 'staff.seed',
    resource: publicId('staff', member.id),
    details: { roles: member.roles },
  });
}
