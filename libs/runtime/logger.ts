import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { currentCorrelation } from './correlation.js';

export type { Logger } from 'pino';

/** What must never reach a log, wherever it stands in an object. */
const secretFields = [
  'authorization',
  'password',
  'secret',
  'token',
  'api_key',
  'apiKey',
  'passphrase',
  'mnemonic',
  'seed',
  'privateKey',
  'cookie',
];
const personalFields = ['full_name', 'date_of_birth', 'email', 'address_line', 'document_number'];
/** A failed statement carries its parameters, and PostgreSQL's detail quotes whole rows: both are what clients told us. */
const statementFields = ['parameters', 'detail', 'where', 'driverError.detail', 'driverError.where'].map((name) => `err.${name}`);
const paths = [...statementFields, ...[...secretFields, ...personalFields].flatMap((name) => [name, `*.${name}`, `*.*.${name}`])];

/** `destination`: a file's path, a stream, or nothing for standard output. */
export function createLogger(name: string, level = 'info', destination?: string | DestinationStream): Logger {
  const options = {
    name,
    level,
    base: { name },
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths, censor: '[redacted]' },
    mixin: () => {
      const correlation = currentCorrelation();
      return correlation === undefined ? {} : { correlation };
    },
  };
  if (destination === undefined) return pino(options);
  return pino(options, typeof destination === 'string' ? pino.destination({ dest: destination, mkdir: true, sync: false }) : destination);
}
