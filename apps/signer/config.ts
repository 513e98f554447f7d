import { IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { RoomConfig } from '#runtime';

const IsWei = (): PropertyDecorator => Matches(/^(0|[1-9]\d{0,37})$/, { message: '$property must be wei as a decimal string' });

/** What the signer may do and for which network. It talks to no chain: what it must know of one is told here. */
export class SignerConfig extends RoomConfig {
  /** The encrypted seed of all keys. */
  @IsString() KEYSTORE_PATH!: string;
  /** What opens it: in a file (preferred), or in the environment. */
  @IsOptional() @IsString() KEYSTORE_PASSPHRASE_FILE?: string;
  @IsOptional() @IsString() KEYSTORE_PASSPHRASE?: string;

  @Matches(/^[1-9]\d{0,17}$/, { message: 'ETHEREUM_CHAIN_ID must be a whole number' })
  ETHEREUM_CHAIN_ID!: string;
  @Matches(/^0x[0-9a-f]{8}$/, { message: 'ETHEREUM_GENESIS_FORK_VERSION must be 4 bytes of lower-case 0x hex' })
  ETHEREUM_GENESIS_FORK_VERSION!: string;
  @Matches(/^0x[0-9a-fA-F]{40}$/, { message: 'DEPOSIT_CONTRACT must be an address' })
  DEPOSIT_CONTRACT!: string;

  /** The most that one withdrawal may take. */
  @IsWei() MAX_WITHDRAWAL = '1000000000000000000000';
  /** The most that any transaction may cost in gas. */
  @IsWei() MAX_GAS_COST = '100000000000000000';
  /** The most that all withdrawals of a day (UTC) may take, and how many of them are signed. */
  @IsWei() MAX_WITHDRAWN_A_DAY = '20000000000000000000000';
  @IsInt() @Min(0) @Max(10_000_000) MAX_WITHDRAWALS_A_DAY = 100_000;
  /** How many deposits to validators are signed in a day, first and further ones. */
  @IsInt() @Min(0) @Max(1_000_000) MAX_DEPOSITS_A_DAY = 2_000;
  /** How often one transaction may be signed again with a higher fee. */
  @IsInt() @Min(0) @Max(100) MAX_REPLACEMENTS = 10;
  /** The most that may be paid for a request to the protocol: exit, partial withdrawal (EIP-7002), consolidation (EIP-7251). */
  @IsWei() MAX_EXIT_FEE = '1000000000000000';
  /** How many vault addresses are known as ours: pools beyond it need a higher number. */
  @IsInt() @Min(1) @Max(10_000) VAULT_WINDOW = 64;
  /** The first validator key to give out; above 0 where earlier keys of this seed were used elsewhere. */
  @IsInt() @Min(0) @Max(2_000_000_000) FIRST_VALIDATOR_KEY = 0;
}
