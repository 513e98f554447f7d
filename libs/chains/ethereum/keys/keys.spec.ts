import type { SecretKey } from '@chainsafe/blst';
import { deriveEth2ValidatorKeys, deriveKeyFromEntropy } from '@chainsafe/bls-keygen';
import { HDKey } from '@scure/bip32';
import fc from 'fast-check';
import { vectors } from '../vectors.spec-support.js';
import { accountPath, addressOfXpub, addressPath, HdTree, parseAddressPath } from './hd.js';
import { readKeystore, writeKeystore } from './keystore.js';
import { entropyOf, mnemonicOf, seedOf } from './mnemonic.js';
import { deriveBlsKey, validatorKeyPath } from './validator-key.js';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replace(/^0x/, ''), 'hex'));
const hex = (of: Uint8Array): string => Buffer.from(of).toString('hex');
const number = (key: SecretKey): string => BigInt(`0x${hex(key.toBytes())}`).toString();
const JUNK = 'test test test test test test test test test test test junk';

describe('mnemonics', () => {
  it('agrees with a published vector of BIP-39', () => {
    expect(mnemonicOf(bytes('7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f'))).toBe(
      'legal winner thank year wave sausage worth useful legal winner thank yellow',
    );
    expect(hex(seedOf(bytes('00'.repeat(16)), 'TREZOR'))).toBe(
      'c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04',
    );
  });

  it('gives entropy and words back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (entropy) => {
        expect(entropyOf(mnemonicOf(entropy))).toEqual({ ok: true, value: entropy });
      }),
      { numRuns: 20 },
    );
  });

  it.each(['', 'test', `${JUNK} junk`, JUNK.replace('junk', 'test'), JUNK.replace('junk', 'nonsense')])('refuses %j', (words) => {
    expect(entropyOf(words)).toMatchObject({ ok: false, refusal: { code: 'mnemonic.invalid' } });
  });

  it('reads words as people type them', () => {
    expect(entropyOf(`  ${JUNK.replaceAll(' ', ' \n ')} `).ok).toBe(true);
  });
});

const bip39 = vectors('bip39_english.json') as {
  passphrase: string;
  vectors: { entropy: string; mnemonic: string; seed: string; xprv: string }[];
} | null;
(bip39 ? describe : describe.skip)('vectors of BIP-39', () => {
  it('agrees with every one', () => {
    for (const { entropy, mnemonic, seed, xprv } of bip39?.vectors ?? []) {
      expect(mnemonicOf(bytes(entropy))).toBe(mnemonic);
      expect(entropyOf(mnemonic)).toEqual({ ok: true, value: bytes(entropy) });
      expect(hex(seedOf(bytes(entropy), bip39?.passphrase))).toBe(seed);
      expect(HDKey.fromMasterSeed(bytes(seed)).privateExtendedKey).toBe(xprv);
    }
  });
});

const bip32 = vectors('bip32.json') as { vectors: { seed: string; chains: { path: string; xpub: string; xprv: string }[] }[] } | null;
(bip32 ? describe : describe.skip)('vectors of BIP-32', () => {
  it('agrees with every one', () => {
    for (const { seed, chains } of bip32?.vectors ?? []) {
      for (const { path, xpub, xprv } of chains) {
        const key = HDKey.fromMasterSeed(bytes(seed)).derive(path);
        expect([key.publicExtendedKey, key.privateExtendedKey]).toEqual([xpub, xprv]);
      }
    }
  });
});

describe('wallet addresses', () => {
  const entropy = entropyOf(JUNK);
  if (!entropy.ok) throw new Error('the words are known to be good');
  const tree = new HdTree(seedOf(entropy.value));

  it('agrees with the addresses every Ethereum developer knows', () => {
    expect([0, 1, 2].map((index) => tree.address({ account: 0, index }))).toEqual([
      '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
      '0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
      '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc',
    ]);
  });

  it('derives the same addresses from the public key of the account alone', () => {
    fc.assert(
      fc.property(fc.nat(3), fc.nat(1_000_000), (account, index) => {
        expect(addressOfXpub(tree.accountXpub(accountPath(account)), index)).toBe(tree.address({ account, index }));
      }),
      { numRuns: 20 },
    );
  });

  it('takes no private key where a public one belongs', () => {
    const secret = HDKey.fromMasterSeed(seedOf(entropy.value)).derive("m/44'/60'/0'").privateExtendedKey;
    expect(() => addressOfXpub(secret, 0)).toThrow('key.private_where_public_belongs');
  });

  it('reads address paths, and nothing that only looks like one', () => {
    expect(parseAddressPath(addressPath(2, 7))).toEqual({ account: 2, index: 7 });
    for (const path of [
      "m/44'/60'/0'",
      "m/44'/60'/0'/1/0",
      "m/44'/60'/0'/0/01",
      "m/44'/60'/00'/0/1",
      "m/44'/61'/0'/0/1",
      "m/44'/60'/0'/0/1'",
      ' m',
      '',
    ]) {
      expect(parseAddressPath(path)).toBeNull();
    }
  });
});

describe('validator keys', () => {
  // EIP-2333, test case 0
  const seed = bytes(
    'c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04',
  );

  it('agrees with the first case of EIP-2333', () => {
    expect(number(deriveBlsKey(seed, 'm'))).toBe('6083874454709270928345386274498605044986640685124978867557563392430687146096');
    expect(number(deriveBlsKey(seed, 'm/0'))).toBe('20397789859736650942317412262472558107875392172444076792671091975210932703118');
  });

  it('agrees with another implementation along the path of EIP-2334', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 64 }), fc.nat(2 ** 31 - 1), (entropy, index) => {
        expect(hex(deriveBlsKey(entropy, validatorKeyPath(index)).toBytes())).toBe(
          hex(deriveEth2ValidatorKeys(deriveKeyFromEntropy(entropy), index).signing),
        );
      }),
      { numRuns: 5 },
    );
  });

  it.each(['', '0', 'm/', "m/0'", 'm/01', 'm/-1', 'm/4294967296', 'm/0/x'])('takes no path %j', (path) => {
    expect(() => deriveBlsKey(seed, path)).toThrow('key.path');
  });
});

const eip2333 = vectors('eip2333.json') as { vectors: { seed: string; master_SK: string; child_index: string; child_SK: string }[] } | null;
(eip2333 ? describe : describe.skip)('vectors of EIP-2333', () => {
  it('agrees with every one', () => {
    for (const { seed, master_SK, child_index, child_SK } of eip2333?.vectors ?? []) {
      expect(number(deriveBlsKey(bytes(seed), 'm'))).toBe(master_SK);
      expect(number(deriveBlsKey(bytes(seed), `m/${child_index}`))).toBe(child_SK);
    }
  });
});

describe('keystores', () => {
  it('opens what it wrote, with the password alone', async () => {
    const path = validatorKeyPath(0);
    const key = deriveBlsKey(new Uint8Array(32).fill(3), path);
    const keystore: unknown = JSON.parse(JSON.stringify(await writeKeystore(key, path, 'opensesame')));
    expect(keystore).toMatchObject({
      version: 4,
      path,
      pubkey: key.toPublicKey().toHex().slice(2),
      crypto: { kdf: { function: 'scrypt', params: { n: 262_144, r: 8, p: 1 } } },
    });
    expect(await readKeystore(keystore, 'opensesame')).toEqual({ ok: true, value: new Uint8Array(key.toBytes()) });
    expect(await readKeystore(keystore, 'closesesame')).toMatchObject({ ok: false, refusal: { code: 'keystore.wrong_password' } });
  });

  it.each([null, {}, { version: 4 }, 'keystore'])('refuses %j', async (keystore) => {
    expect(await readKeystore(keystore, 'x')).toMatchObject({ ok: false, refusal: { code: 'keystore.malformed' } });
  });
});

const eip2335 = vectors('eip2335_keystores.json') as { password: string; secret: string; keystores: unknown[] } | null;
(eip2335 ? describe : describe.skip)('vectors of EIP-2335', () => {
  it('opens every one (scrypt and pbkdf2) with the password as a person would type it', async () => {
    for (const keystore of eip2335?.keystores ?? []) {
      const opened = await readKeystore(keystore, eip2335?.password ?? '');
      expect(opened.ok && hex(opened.value)).toBe(eip2335?.secret);
    }
  });
});
