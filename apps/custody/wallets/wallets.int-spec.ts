import type { Fault, InvariantBroken } from '#kernel';
import type { WalletOpenedV1 } from '#messages';
import { CustodyWorld, keyrings, POOL } from '../custody.spec-support.js';
import { deriveAddress } from './derivation.js';
import { WalletsProcessor } from './wallets.processor.js';

let world: CustodyWorld;
beforeAll(async () => {
  world = await CustodyWorld.open();
});
afterAll(() => world.close());

const publish = (changed: typeof keyrings): Promise<void> =>
  world.handle(WalletsProcessor, (p, em) => p.keyring(em, { keyrings: changed }));
const openVault = (poolId: string, chain = 'ethereum'): Promise<void> =>
  world.handle(WalletsProcessor, (p, em) => p.open(em, { chain, role: 'vault', poolId }));
const opened = (): Promise<WalletOpenedV1[]> => world.messages<WalletOpenedV1>('wallet.opened@1');

describe('wallets', () => {
  it('opens omnibus and treasury with their keyrings and a vault a pool, once each', async () => {
    await publish(keyrings);
    await openVault(POOL);
    expect((await opened()).map((w) => [w.role, w.poolId])).toEqual([
      ['omnibus', undefined],
      ['treasury', undefined],
      ['vault', POOL],
    ]);
    const vault = keyrings.find((k) => k.role === 'vault');
    expect((await world.wallet('vault')).address).toBe(deriveAddress(vault?.xpub ?? '', 0));
  });

  it('gives each pool and each client an address of its own', async () => {
    await openVault('another-pool');
    const clients = [await world.client(), await world.client()];
    const all = await opened();
    expect(new Set(all.map((w) => w.address)).size).toBe(all.length);
    expect(clients.map((c) => c.wallet.path)).toEqual([`m/44'/60'/0'/0/0`, `m/44'/60'/0'/0/1`]);
  });

  it('never takes another key for a role, nor a private one', async () => {
    const [first, second] = keyrings;
    if (!first || !second) throw new Error('no keyrings');
    await expect(publish([{ ...first, xpub: second.xpub }])).rejects.toMatchObject({
      code: 'keyring.changed',
    } satisfies Partial<InvariantBroken>);
    await expect(
      publish([
        {
          ...first,
          xpub: 'xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi',
        },
      ]),
    ).rejects.toMatchObject({
      code: 'key.private_where_public_belongs',
    });
  });

  it('waits for the signer’s key', async () => {
    await expect(openVault(POOL, 'elsewhere')).rejects.toMatchObject({
      code: 'wallet.keys_unavailable',
      retryable: true,
    } satisfies Partial<Fault>);
  });
});
