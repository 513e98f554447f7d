/** The one place that reads the process environment. Everything else gets a validated config object. */
export type Environment = Readonly<Record<string, string | undefined>>;

export const environment = (): Environment => process.env;
