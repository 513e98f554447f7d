import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Fault } from '#kernel';
import { roomOfPath, type OpenRoom } from '#http';

export interface Front {
  readonly port: number;
  close(): Promise<void>;
}

const FIRST_PORT = 8080;
const PORTS_TRIED = 20;
const LOOPBACK = '127.0.0.1';

/** One listener for all rooms in this process: hands each request to the room of its prefix, by the same table as the proxy. */
export async function openFront(rooms: ReadonlyMap<string, OpenRoom>, asked: number | undefined): Promise<Front> {
  const server = createServer((request, response) => void answer(rooms, request, response));
  const port = await listen(server, asked);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 3_000).unref();
      }),
  };
}

async function answer(rooms: ReadonlyMap<string, OpenRoom>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  if (path === '/health/live') return json(response, 200, { status: 'ok' });
  if (path === '/health/ready') return ready(rooms, response);
  const one = rooms.get(/^\/health\/ready\/(\w+)$/.exec(path)?.[1] ?? '');
  if (one) return ready(new Map([[one.name, one]]), response);
  if (path === '/metrics') return metrics(rooms, response);
  const room = rooms.get(roomOfPath(path));
  if (!room) return json(response, 503, { status: 'starting' });
  room.handle(request, response);
}

async function ready(rooms: ReadonlyMap<string, OpenRoom>, response: ServerResponse): Promise<void> {
  const answers = await Promise.all([...rooms.values()].map(async (room) => [room.name, await room.ready()] as const));
  const fine = answers.every(([, parts]) => Object.values(parts).every((state) => state === 'ok'));
  json(response, fine ? 200 : 503, { status: fine ? 'ok' : 'degraded', rooms: Object.fromEntries(answers) });
}

async function metrics(rooms: ReadonlyMap<string, OpenRoom>, response: ServerResponse): Promise<void> {
  const texts = await Promise.all([...rooms.values()].map((room) => room.metrics()));
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  response.end(mergeMetrics(texts));
}

/** Rooms share metric names (told apart by their label), and a name may be described once only. */
export function mergeMetrics(texts: readonly string[]): string {
  const seen = new Set<string>();
  const lines = texts
    .flatMap((text) => text.split('\n'))
    .filter((line) => line !== '' && (!line.startsWith('#') || (!seen.has(line) && seen.add(line))));
  return `${lines.join('\n')}\n`;
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

/** A port for somebody else to listen on, chosen as our own would be. */
export async function choosePort(asked: number | undefined): Promise<number> {
  const probe = createServer();
  const port = await listen(probe, asked);
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** The port asked for or nothing; unasked, 8080 or the next free one. */
async function listen(server: Server, asked: number | undefined): Promise<number> {
  const candidates = asked === undefined ? Array.from({ length: PORTS_TRIED }, (_, i) => FIRST_PORT + i) : [asked];
  for (const port of candidates) {
    try {
      return await listenOn(server, port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' && (error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    }
  }
  throw new Fault(
    'front.no_port',
    asked === undefined
      ? `ports ${FIRST_PORT} to ${FIRST_PORT + PORTS_TRIED - 1} are all taken: set PORT`
      : `port ${asked} is taken: choose another PORT`,
    false,
  );
}

const listenOn = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(error);
    server.once('error', failed);
    server.listen(port, LOOPBACK, () => {
      server.off('error', failed);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
