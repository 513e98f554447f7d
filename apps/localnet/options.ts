/** How to run a local network. */
export interface LocalnetOptions {
  /** Folder of its own; made if it is not there. A chain that was born in it goes on. */
  readonly dir: string;
  /** 0: any free port. */
  readonly executionPort: number;
  readonly beaconPort: number;
  readonly controlPort: number;
  /** A slot every so many milliseconds; 0: only on demand. */
  readonly paceMs: number;
  /** Genesis validators; counts when the chain is born. */
  readonly validators: number;
  /** ETH of each genesis validator; counts when the chain is born. More than 5,120 in all make consolidations possible. */
  readonly validatorEther: number;
  /** What a slot says that it lasts; counts when the chain is born. 10,800 makes an epoch of eight slots a day. */
  readonly secondsPerSlot: number;
  /** How many blocks back balances can be asked for, and reorgs can go; what memory costs per block grows with it. */
  readonly statesKept: number;
  /** How long to wait for another one in the same folder that is about to end. */
  readonly lockWaitMs: number;
}

export const defaultOptions: Omit<LocalnetOptions, 'dir'> = {
  executionPort: 8545,
  beaconPort: 5052,
  controlPort: 5053,
  paceMs: 0,
  validators: 64,
  validatorEther: 32,
  secondsPerSlot: 12,
  statesKept: 128,
  lockWaitMs: 10_000,
};

/** Where a failure is told that no caller is there to be told of. */
export type Report = (message: string, cause: unknown) => void;

/** The line a started network prints, and what startLocalnet answers with. */
export interface Ready {
  readonly ready: true;
  readonly executionUrl: string;
  readonly beaconUrl: string;
  readonly controlUrl: string;
  readonly slot: number;
  readonly finalizedEpoch: number;
  /** What the start took. */
  readonly ms: number;
  readonly note: string;
}
