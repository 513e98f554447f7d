import type { EntityManager } from 'typeorm';

export interface ClientRow {
  readonly id: string;
  readonly reference: string | null;
  readonly createdAt: Date;
}

export async function addClient(em: EntityManager, client: ClientRow): Promise<void> {
  await em.query('INSERT INTO reception.client (id, reference, created_at) VALUES ($1, $2, $3)', [
    client.id,
    client.reference,
    client.createdAt,
  ]);
}

export async function findClient(em: EntityManager, id: string): Promise<ClientRow | null> {
  const [row] = await em.query<ClientRow[]>('SELECT id, reference, created_at AS "createdAt" FROM reception.client WHERE id = $1', [id]);
  return row ?? null;
}
