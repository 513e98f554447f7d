import type { FastifyInstance } from 'fastify';

/** What must work before a room may be sent requests. Parts register their own check; a check that fails throws. */
export class Readiness {
  private readonly checks = new Map<string, () => Promise<unknown>>();
  private leaving = false;

  add(part: string, check: () => Promise<unknown>): void {
    this.checks.set(part, check);
  }

  /** From here on this instance is not ready, whatever works: others are to be asked instead. It still answers what reaches it. */
  leave(): void {
    this.leaving = true;
  }
  get isLeaving(): boolean {
    return this.leaving;
  }

  async check(): Promise<Record<string, string>> {
    if (this.leaving) return { process: 'draining' };
    const results = [...this.checks].map(async ([part, check]) => [part, await outcome(check)] as const);
    return Object.fromEntries(await Promise.all(results));
  }
}

const CHECK_MS = 3_000;

async function outcome(check: () => Promise<unknown>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => (timer = setTimeout(() => resolve(`no answer within ${CHECK_MS} ms`), CHECK_MS)));
  try {
    return await Promise.race([check().then(() => 'ok'), late]);
  } catch {
    return 'failing'; // why is in the log; this page is open to anybody
  } finally {
    clearTimeout(timer);
  }
}

export const isReady = (parts: Readonly<Record<string, string>>): boolean => Object.values(parts).every((state) => state === 'ok');

/** `/health/live`: the process answers. `/health/ready`: so do the things it stands on. `/metrics`: Prometheus text. */
export function addHealth(fastify: FastifyInstance, room: string, readiness: Readiness, metrics: () => Promise<string>): void {
  fastify.addHook('onRequest', (_request, reply, done) => {
    if (readiness.isLeaving) void reply.header('connection', 'close'); // the caller's next request finds another instance
    done();
  });
  fastify.get('/health/live', () => ({ status: readiness.isLeaving ? 'draining' : 'ok', room }));
  fastify.get('/health/ready', async (_request, reply) => {
    const parts = await readiness.check();
    return reply.code(isReady(parts) ? 200 : 503).send({ status: isReady(parts) ? 'ok' : 'unavailable', room, parts });
  });
  fastify.get('/metrics', async (_request, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics()));
}
