/** What the room is given from outside, as tokens of dependency injection. */
export const CLOCK = Symbol('compliance.clock');
export const SETTINGS = Symbol('compliance.settings');

/** The room's configuration as its services use it. */
export interface Settings {
  /** Base units an asset; the rule clears no deposit above it, and none of an asset that is not here. */
  readonly depositRuleLimits: ReadonlyMap<string, bigint>;
  readonly approvalTtlMs: number;
  readonly listsFolder: string;
  readonly disclosuresFolder: string;
}
