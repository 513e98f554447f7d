import { HDKey } from '@scure/bip32';
import { mnemonicToSeedSync } from '@scure/bip39';
import { deriveAddress, derivePath } from './derivation.js';

// The development mnemonic of the Ethereum tools, whose addresses everybody knows.
const account = HDKey.fromMasterSeed(mnemonicToSeedSync('test test test test test test test test test test test junk')).derive(
  "m/44'/60'/0'",
);

describe('derivation', () => {
  it('agrees with the well-known addresses', () => {
    expect([0, 1, 2].map((i) => deriveAddress(account.publicExtendedKey, i))).toEqual([
      '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
      '0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
      '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc',
    ]);
  });

  it('names the path of the key', () => {
    expect(derivePath("m/44'/60'/0'", 7)).toBe("m/44'/60'/0'/0/7");
  });

  it('will not hold a private key', () => {
    expect(() => deriveAddress(account.privateExtendedKey, 0)).toThrow('key.private_where_public_belongs');
  });
});
