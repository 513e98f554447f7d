import { DataSource } from 'typeorm';
import { dataSourceOptions, Transactor } from '#database';
import type { StaffRole } from '#http';
import type { Home } from '#runtime';
import { seedStaff as writeStaff } from '../../reception/seed.js';

export interface StaffCredential {
  readonly name: string;
  readonly roles: readonly StaffRole[];
  readonly token: string;
}

/** Two officers and two treasurers, so that four eyes can be shown; one of each other role. */
const people: readonly { name: string; roles: readonly StaffRole[] }[] = [
  { name: 'officer', roles: ['officer'] },
  { name: 'senior-officer', roles: ['senior_officer'] },
  { name: 'mlro', roles: ['mlro'] },
  { name: 'treasury', roles: ['treasury'] },
  { name: 'treasury-2', roles: ['treasury'] },
  { name: 'signer-admin', roles: ['signer_admin'] },
  { name: 'auditor', roles: ['auditor'] },
  { name: 'support', roles: ['support'] },
];

/** Writes the demo's staff with tokens that belong to this home alone. The same people on every start. */
export async function seedStaff(home: Home, receptionUrl: string): Promise<StaffCredential[]> {
  const staff = people.map((person) => ({
    ...person,
    token: `bs_${Buffer.from(home.secret(`staff-${person.name}`), 'hex').toString('base64url')}`,
  }));
  const dataSource = await new DataSource({ ...dataSourceOptions('seed', receptionUrl, [], 2), logging: false }).initialize();
  try {
    await new Transactor(dataSource).run((em) => writeStaff(em, staff));
  } finally {
    await dataSource.destroy();
  }
  return staff;
}
