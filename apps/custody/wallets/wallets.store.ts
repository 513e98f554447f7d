import { In, IsNull, Not, type EntityManager } from 'typeorm';
import type { WalletRole } from '#messages';
import { writeHistory } from '../history.js';
import { KeyringEntity, SenderEntity, WalletEntity } from './wallet.entity.js';

/** Locked, so that two new addresses never share an index. */
export const lockKeyring = (em: EntityManager, chain: string, role: WalletRole): Promise<KeyringEntity | null> =>
  em.findOne(KeyringEntity, { where: { chain, role }, lock: { mode: 'pessimistic_write' } });

/** False when the role has a keyring already. */
export async function insertKeyring(em: EntityManager, keyring: KeyringEntity): Promise<boolean> {
  const inserted = await em.createQueryBuilder().insert().into(KeyringEntity).values(keyring).orIgnore().returning('chain').execute();
  return (inserted.raw as unknown[]).length > 0;
}

export async function takeIndex(em: EntityManager, keyring: KeyringEntity): Promise<number> {
  await em.update(KeyringEntity, { chain: keyring.chain, role: keyring.role }, { nextIndex: keyring.nextIndex + 1 });
  return keyring.nextIndex;
}

export async function insertWallet(em: EntityManager, wallet: WalletEntity): Promise<void> {
  await em.insert(WalletEntity, wallet);
}

export const walletsOfChain = (em: EntityManager, chain: string): Promise<WalletEntity[]> => em.findBy(WalletEntity, { chain });
/** Those of these addresses that are ours. */
export const walletsAt = (em: EntityManager, chain: string, addresses: readonly string[]): Promise<WalletEntity[]> =>
  em.query<WalletEntity[]>(
    `SELECT id, chain, role, address_index AS "addressIndex", path, address, client_id AS "clientId", pool_id AS "poolId", dedicated, created_at AS "createdAt"
       FROM custody.wallet WHERE chain = $1 AND address = ANY ($2)`,
    [chain, addresses],
  );
/** Omnibus, treasury and vaults: few, however many clients there are. */
export const workingWallets = (em: EntityManager, chain: string): Promise<WalletEntity[]> =>
  em.findBy(WalletEntity, { chain, role: In(['omnibus', 'treasury', 'vault']) });
export const walletById = (em: EntityManager, id: string): Promise<WalletEntity | null> => em.findOneBy(WalletEntity, { id });
export const walletsById = (em: EntityManager, ids: readonly string[]): Promise<WalletEntity[]> =>
  em.findBy(WalletEntity, { id: In([...ids]) });
export const walletOfClient = (em: EntityManager, chain: string, clientId: string): Promise<WalletEntity | null> =>
  em.findOneBy(WalletEntity, { chain, role: 'deposit', clientId });
export const walletsOfClient = (em: EntityManager, clientId: string): Promise<WalletEntity[]> =>
  em.findBy(WalletEntity, { role: 'deposit', clientId });
export const vaultOfPool = (em: EntityManager, chain: string, poolId: string): Promise<WalletEntity | null> =>
  em.findOneBy(WalletEntity, { chain, role: 'vault', poolId });
export const vaultsOfPool = (em: EntityManager, poolId: string): Promise<WalletEntity[]> =>
  em.findBy(WalletEntity, { role: 'vault', poolId });
export const vaultsOfChain = (em: EntityManager, chain: string): Promise<WalletEntity[]> =>
  em.findBy(WalletEntity, { chain, role: 'vault' });
/** The omnibus or the treasury of a chain. */
export const singleWallet = (em: EntityManager, chain: string, role: 'omnibus' | 'treasury'): Promise<WalletEntity | null> =>
  em.findOneBy(WalletEntity, { chain, role });
export const walletAt = (em: EntityManager, chain: string, address: string): Promise<WalletEntity | null> =>
  em.findOneBy(WalletEntity, { chain, address });

/** Locked: one transaction of an address is built at a time. Opened with the chain's own count on first use. */
export async function lockSender(em: EntityManager, walletId: string, firstNonce: bigint): Promise<SenderEntity> {
  await em.createQueryBuilder().insert().into(SenderEntity).values({ walletId, nextNonce: firstNonce, version: 1 }).orIgnore().execute();
  return em.findOneOrFail(SenderEntity, { where: { walletId }, lock: { mode: 'pessimistic_write' } });
}

/** Their coins have moved: the next reconciliation looks at them. */
export async function touchWallets(em: EntityManager, wallets: readonly { readonly id: string }[], block: bigint): Promise<void> {
  if (wallets.length === 0) return;
  await em.query(
    `INSERT INTO custody.wallet_sight (wallet_id, touched_block) SELECT unnest($1::uuid[]), $2
     ON CONFLICT (wallet_id) DO UPDATE SET touched_block = greatest(wallet_sight.touched_block, excluded.touched_block)`,
    [wallets.map((w) => w.id), block.toString()],
  );
}

/** At this block books and chain held the same for them. */
export async function noteCompared(em: EntityManager, walletIds: readonly string[], block: bigint): Promise<void> {
  if (walletIds.length === 0) return;
  await em.query(
    `INSERT INTO custody.wallet_sight (wallet_id, compared_block) SELECT unnest($1::uuid[]), $2
     ON CONFLICT (wallet_id) DO UPDATE SET compared_block = greatest(wallet_sight.compared_block, excluded.compared_block)`,
    [walletIds, block.toString()],
  );
}

/** The block at which a wallet was last found equal; wallets never compared are left out. */
export async function comparedAt(em: EntityManager, walletIds: readonly string[]): Promise<Map<string, bigint>> {
  const rows: { id: string; block: string }[] = await em.query(
    'SELECT wallet_id AS id, compared_block AS block FROM custody.wallet_sight WHERE wallet_id = ANY ($1) AND compared_block >= 0',
    [walletIds],
  );
  return new Map(rows.map((row) => [row.id, BigInt(row.block)]));
}

/** Deposit addresses that have moved since they were found equal, and every other wallet of ours. */
export async function worthComparing(em: EntityManager, chain: string): Promise<Set<string>> {
  const rows: { id: string }[] = await em.query(
    `SELECT w.id FROM custody.wallet w LEFT JOIN custody.wallet_sight s ON s.wallet_id = w.id
      WHERE w.chain = $1 AND (w.role <> 'deposit' OR s.touched_block > s.compared_block)`,
    [chain],
  );
  return new Set(rows.map((row) => row.id));
}

/** Nothing of it is built until people have looked. Stopped once, however often it is found. */
export async function stopSender(em: EntityManager, walletId: string, code: string, at: Date): Promise<void> {
  const sender = await em.findOne(SenderEntity, { where: { walletId }, lock: { mode: 'pessimistic_write' } });
  if (!sender || sender.stoppedAt !== null) return;
  const version = sender.version + 1;
  await em.update(SenderEntity, { walletId }, { stoppedAt: at, stopCode: code, version });
  await writeHistory(em, [{ subject: 'sender', subjectId: walletId, version, state: 'stopped', at, actor: 'system', reason: code }]);
}

/** Goes on behind every nonce that the chain has seen. The version of the change; null when it was not stopped. */
export async function resumeSender(em: EntityManager, walletId: string, chainNonce: bigint): Promise<number | null> {
  const sender = await em.findOne(SenderEntity, { where: { walletId }, lock: { mode: 'pessimistic_write' } });
  if (!sender || sender.stoppedAt === null) return null;
  const nextNonce = chainNonce > sender.nextNonce ? chainNonce : sender.nextNonce;
  const version = sender.version + 1;
  await em.update(SenderEntity, { walletId }, { stoppedAt: null, stopCode: null, nextNonce, version });
  return version;
}

/** Why an address is stopped, by wallet. */
export async function stoppedSenders(em: EntityManager): Promise<Map<string, string | null>> {
  return new Map((await em.findBy(SenderEntity, { stoppedAt: Not(IsNull()) })).map((sender) => [sender.walletId, sender.stopCode]));
}

export async function advanceNonce(em: EntityManager, walletId: string, nextNonce: bigint): Promise<void> {
  await em.update(SenderEntity, { walletId }, { nextNonce });
}
