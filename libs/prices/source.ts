/** What a source says, as it says it: prices are judged where they are kept. */
export interface Quote {
  readonly asset: string;
  readonly currency: string;
  /** A decimal string. */
  readonly price: string;
  readonly asOf: Date;
}

/** Where prices come from. Faults: price.source_unavailable (retryable), price.source_malformed. */
export interface PriceSource {
  /** Stands beside each price for ever: `file:demo`, `http:example.org`. */
  readonly name: string;
  /** What it is asked for, where that is known before it answers. */
  readonly pairs?: readonly { readonly asset: string; readonly currency: string }[];
  /** What it knows at a time; what it said before may be said again. */
  quotes(now: Date): Promise<readonly Quote[]>;
}
