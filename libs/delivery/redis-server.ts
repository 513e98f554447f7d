import { Redis } from 'ioredis';
import { Fault } from '#kernel';

/** What BullMQ asks for: blocking reads in fractions of a second, streams. */
const OLDEST: readonly [number, number] = [6, 2];
const ANSWER_MS = 5_000;

/**
 * Whether there is a Redis at `url` that can hold the queues; answers with its version. Throws Fault `queue.url_malformed`,
 * `queue.unreachable`, `queue.refused`, `queue.too_old` or `queue.evicts`, each with a sentence that says what to do and no password.
 */
export async function checkRedis(url: string): Promise<string> {
  const where = address(url);
  let last: Error | undefined;
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: ANSWER_MS,
    commandTimeout: ANSWER_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    enableReadyCheck: false,
  });
  redis.on('error', (error: Error) => (last = error));
  try {
    await redis.connect();
    const info = await redis.info();
    const { maxmemory_policy: policy = 'noeviction', redis_version: version = '?' } = Object.fromEntries(
      info.split(/\r?\n/).map((line): [string, string] => [line.split(':')[0] ?? '', line.slice(line.indexOf(':') + 1)]),
    );
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (!(major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])))
      throw new Fault('queue.too_old', `the Redis at ${where} is version ${version}: ${OLDEST.join('.')} or newer is needed`, false);
    if (policy !== 'noeviction')
      throw new Fault(
        'queue.evicts',
        `the Redis at ${where} may throw jobs away (maxmemory-policy ${policy}): set its maxmemory-policy to noeviction`,
        false,
      );
    await redis.ping();
    return version;
  } catch (cause) {
    throw cause instanceof Fault ? cause : explained(where, last ?? (cause as Error), cause);
  } finally {
    redis.disconnect();
  }
}

/** Host and port, without the credentials. */
function address(url: string): string {
  try {
    const { protocol, host } = new URL(url);
    if (/^rediss?:$/.test(protocol) && host !== '') return host;
  } catch {
    // said below
  }
  throw new Fault('queue.url_malformed', 'REDIS_URL must look like redis://[user:password@]host:port[/database]', false);
}

const REFUSED = /^(WRONGPASS|NOAUTH|NOPERM|ERR invalid password|ERR AUTH)/;

function explained(where: string, error: Error, cause: unknown): Fault {
  const refused = [error, cause].find((one): one is Error => one instanceof Error && REFUSED.test(one.message));
  if (refused !== undefined)
    return new Fault('queue.refused', `the Redis at ${where} refuses the login: check user and password in REDIS_URL`, false, { cause });
  const code = (error as NodeJS.ErrnoException).code;
  const what = code === 'ECONNREFUSED' ? 'nobody listens there' : error.message || code || 'no answer';
  return new Fault(
    'queue.unreachable',
    `the Redis at ${where} cannot be reached (${what}): start it, correct REDIS_URL, or unset it to keep the queues on PostgreSQL`,
    true,
    { cause },
  );
}
