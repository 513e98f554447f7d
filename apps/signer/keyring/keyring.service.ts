import {
  accountPath,
  addressPath,
  deriveBlsKey,
  HdTree,
  parseAddressPath,
  seedOf,
  signTransaction,
  validatorKeyPath,
  writeKeystore,
} from '#chains/ethereum';
import { accept } from '#kernel';
import { SealKey } from '#ledger';
import { walletRoles, type WalletRole } from '#messages';

/** One account a role, so that whoever knows a path knows what the address is for. Never renumber. */
const accounts: Readonly<Record<WalletRole, number>> = { deposit: 0, omnibus: 1, vault: 2, treasury: 3 };

export interface OwnAddress {
  readonly role: WalletRole;
  /** Lower-case. */
  readonly address: string;
}

type ValidatorKey = ReturnType<typeof deriveBlsKey>;

/** The keys of one seed. The only object that can sign; it gives out addresses, public keys and signatures, never a private key of an account. */
export class Keyring {
  private readonly seed: Uint8Array;
  private readonly tree: HdTree;
  private readonly vaults: string[] = [];

  constructor(entropy: Uint8Array) {
    this.seed = seedOf(entropy);
    this.tree = new HdTree(this.seed);
  }

  /** What custody needs to show addresses: extended public keys by role. */
  published(): { chain: string; role: WalletRole; path: string; xpub: string }[] {
    return walletRoles.map((role) => {
      const path = accountPath(accounts[role]);
      return { chain: 'ethereum', role, path, xpub: this.tree.accountXpub(path) };
    });
  }

  /** The address at a path, and its role; null when the path is not one of ours. */
  addressAt(path: string): OwnAddress | null {
    const parsed = parseAddressPath(path);
    const role = walletRoles.find((each) => accounts[each] === parsed?.account);
    return parsed && role ? { role, address: this.tree.address(parsed) } : null;
  }

  /** Whether one of the first `window` vaults has this address. */
  isVault(address: string, window: number): boolean {
    while (this.vaults.length < window) this.vaults.push(this.tree.address({ account: accounts.vault, index: this.vaults.length }));
    return this.vaults.slice(0, window).includes(address);
  }

  /** Signs bytes that the policy has allowed, with the key at a path that it has checked. */
  sign(unsigned: string, path: string): { signed: string; hash: string } {
    const parsed = parseAddressPath(path);
    if (!parsed) throw new TypeError(`${path} is not a path of ours`);
    return accept(signTransaction(unsigned, this.tree.privateKey(parsed)));
  }

  validatorKey(index: number): { key: ValidatorKey; path: string } {
    const path = validatorKeyPath(index);
    return { key: deriveBlsKey(this.seed, path), path };
  }

  /** An EIP-2335 keystore of a validator key, for the validator client that will use it. */
  exportValidatorKey(index: number, password: string): ReturnType<typeof writeKeystore> {
    const { key, path } = this.validatorKey(index);
    return writeKeystore(key, path, password);
  }

  /** Signs seals and nothing else: derived under its own purpose, apart from the tree of accounts. */
  sealKey(): SealKey {
    return SealKey.fromSeed(this.seed);
  }

  /** Path of address `index` of a role. */
  static path(role: WalletRole, index: number): string {
    return addressPath(accounts[role], index);
  }
}
