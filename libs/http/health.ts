import type { FastifyInstance } from 'fastify';

/** What must work before a room may be sent requests. Parts register their own check; a check that fails throws. */
export class Readiness {
  private readonly checks = new Map<string, () => Promise<unknown>>();

  add(part: string, check: () => Promise<unknown>): void {
    this.checks.set(part, check);
  }

  async check(): Promise<Record<string, string>> {
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
  fastify.get('/health/live', () => ({ status: 'ok', room }));
  fastify.get('/health/ready', async (_request, reply) => {
    const parts = await readiness.check();
    return reply.code(isReady(parts) ? 200 : 503).send({ status: isReady(parts) ? 'ok' : 'unavailable', room, parts });
  });
  fastify.get('/metrics', async (_request, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics()));
}
