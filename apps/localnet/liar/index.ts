/**
 * The liar: a simulator of faults. It stands between an adapter and a node of either kind and, until told otherwise, passes everything on as
 * it is. It listens on loopback only, and has a control face of its own: `GET /liar/status`, `POST /liar/lies` with a list (./lies.ts).
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { FaceError, assertLocal, serve } from '../http.js';
import type { Face as ServedFace } from '../http.js';
import type { Report } from '../options.js';
import { lieOfBeacon } from './beacon-lies.js';
import { lieOfExecution } from './execution-lies.js';
import type { Call } from './execution-lies.js';
import { problemOf } from './lies.js';
import type { Lie } from './lies.js';
import { Nodes } from './nodes.js';
import type { Reply } from './nodes.js';
import { Told } from './told.js';
import type { Face } from './told.js';

export type { Lie } from './lies.js';

export interface LiarOptions {
  readonly executionUrl: string;
  readonly beaconUrl: string;
  /** Any free ones where not given. */
  readonly executionPort?: number;
  readonly beaconPort?: number;
  readonly controlPort?: number;
  /** Where a failure of the control face is told. */
  readonly report?: Report;
}

export interface Liar {
  readonly executionUrl: string;
  readonly beaconUrl: string;
  readonly controlUrl: string;
  /** Replaces the lies that hold; none is the truth. */
  tell(...lies: Lie[]): Promise<void>;
  stop(): Promise<void>;
}

const BODIES = {
  garbage: () => '\u0000\u0001 this is not JSON',
  truncated: (text: string) => text.slice(0, Math.ceil(text.length / 2)),
  empty: () => '',
  html: () => '<html><body>502 Bad Gateway</body></html>',
} as const;

async function readText(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

class Mouth {
  told: Told | null = null;
  constructor(readonly nodes: Nodes) {}

  async #truth(face: Face, request: IncomingMessage, body: string, told: Told): Promise<Reply> {
    if (face === 'beacon') return lieOfBeacon(request.url ?? '/', request.method ?? 'GET', body || undefined, told, this.nodes);
    const parsed = JSON.parse(body) as Call | Call[];
    if (!Array.isArray(parsed)) return { status: 200, text: JSON.stringify(await lieOfExecution(parsed, told, this.nodes)) };
    const answers: unknown[] = [];
    for (const call of parsed) answers.push(await lieOfExecution(call, told, this.nodes));
    return { status: 200, text: JSON.stringify(answers) };
  }

  async answer(face: Face, request: IncomingMessage, response: ServerResponse): Promise<void> {
    assertLocal(request);
    const body = await readText(request);
    const told = (this.told ??= await Told.of([], this.nodes));
    // Of a batch the first method is meant: it comes whole or not at all.
    const call = face === 'beacon' ? (request.url ?? '/') : (/"method"\s*:\s*"(\w+)"/.exec(body)?.[1] ?? '');
    for (const { ms } of told.about('slow', face, call)) await pause(ms, undefined, { ref: false });
    if (told.has('reset', face, call)) {
      response.destroy();
      return;
    }
    const status = told.about('status', face, call)[0]?.code;
    const reply = status === undefined ? await this.#truth(face, request, body, told) : { status, text: '{"message":"not today"}' };
    const shape = told.about('body', face, call)[0]?.as;
    response.writeHead(reply.status, { 'content-type': 'application/json' });
    response.end(shape === undefined ? reply.text : BODIES[shape](reply.text));
  }
}

async function listen(mouth: Mouth, face: Face, port: number): Promise<ServedFace> {
  const server = createServer((request, response) => {
    mouth.answer(face, request, response).catch((error: unknown) => {
      const status = error instanceof FaceError ? error.status : 502; // the node itself is not there
      if (!response.headersSent) response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: error instanceof Error ? error.message : String(error) }));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** Starts a liar in front of a node pair, in this process. */
export async function startLiar(options: LiarOptions): Promise<Liar> {
  const mouth = new Mouth(new Nodes(options.executionUrl, options.beaconUrl));
  const tell = async (lies: readonly Lie[]): Promise<void> => {
    mouth.told = await Told.of(lies, mouth.nodes);
  };
  const execution = await listen(mouth, 'execution', options.executionPort ?? 0);
  const beacon = await listen(mouth, 'beacon', options.beaconPort ?? 0);
  const control = await serve(
    options.controlPort ?? 0,
    {
      'GET /liar/status': () => ({ lies: mouth.told?.lies ?? [] }),
      'POST /liar/lies': async ({ body }) => {
        const problem = problemOf(body);
        if (problem !== null) throw new FaceError(400, 'liar.invalid', problem);
        await tell(body as Lie[]);
        return { lies: body };
      },
    },
    (_status, code, message) => ({ code, message }),
    options.report ?? (() => undefined),
  );
  const faces = [execution, beacon, control];
  return {
    executionUrl: execution.url,
    beaconUrl: beacon.url,
    controlUrl: control.url,
    tell: (...lies) => tell(lies),
    stop: async () => {
      await Promise.all(faces.map((face) => face.close()));
    },
  };
}
