/**
 * Callers that POST over keep-alive connections, one request at a time each. Plain sockets: the caller shares the machine with the server,
 * and a full HTTP client would take a large part of it.
 */
import { connect, type Socket } from 'node:net';
import type { Contender } from '../row.js';

export interface Posted {
  readonly status: number;
  readonly body: string;
}
export interface Post {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const END_OF_HEADERS = Buffer.from('\r\n\r\n');
const PATIENCE_MS = 30_000;

/** One connection to a server on this machine, made anew when the server has let go of it between two requests. */
export class Connection {
  private received: Buffer = Buffer.alloc(0);
  private waiting: { resolve: (posted: Posted) => void; reject: (error: Error) => void } | null = null;
  private socket: Socket | null = null;

  constructor(private readonly port: number) {}

  /** Rejects when the connection breaks or no answer comes in time. */
  async post({ path, headers, body }: Post): Promise<Posted> {
    const socket = this.socket ?? (await this.open());
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      socket.setTimeout(PATIENCE_MS);
      socket.write(
        `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${lines.join('')}\r\n${body}`,
      );
    });
  }

  private open(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.setNoDelay(true);
      socket.once('error', reject);
      socket.once('connect', () => {
        this.socket = socket;
        this.received = Buffer.alloc(0);
        resolve(socket);
      });
      socket.on('data', (chunk: Buffer) => this.take(chunk));
      socket.on('timeout', () => this.waiting && socket.destroy(new Error('no answer in time')));
      socket.on('error', (error) => this.fail(error));
      socket.on('close', () => {
        this.socket = null;
        this.fail(new Error('the server closed the connection'));
      });
    });
  }

  close(): void {
    this.waiting = null;
    this.socket?.destroy();
  }

  private take(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    const end = this.received.indexOf(END_OF_HEADERS);
    if (end < 0) return;
    const head = this.received.toString('latin1', 0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) return this.fail(new Error('an answer without content-length'));
    const whole = end + END_OF_HEADERS.length + Number(length);
    if (this.received.length < whole) return;
    const body = this.received.toString('utf8', end + END_OF_HEADERS.length, whole);
    this.received = this.received.subarray(whole);
    const { waiting } = this;
    this.waiting = null;
    waiting?.resolve({ status: Number(head.slice(9, 12)), body });
  }

  private fail(error: Error): void {
    this.waiting?.reject(error);
    this.waiting = null;
  }
}

/** Throws when an answer is not 202 Accepted: a refusal is fast and proves nothing. */
export function accepted({ status, body }: Posted): void {
  if (status !== 202) throw new Error(`answered ${status}: ${body.slice(0, 500)}`);
}

/** All connections post what `next` gives until the deadline; each answer must be 202. */
export const postsSideBySide =
  (connections: readonly Connection[], next: () => Post): Contender =>
  async (deadlineMs) => {
    const latenciesMs: number[] = [];
    await Promise.all(
      connections.map(async (connection) => {
        for (let began = performance.now(); began < deadlineMs; began = performance.now()) {
          accepted(await connection.post(next()));
          latenciesMs.push(performance.now() - began);
        }
      }),
    );
    return { units: latenciesMs.length, latenciesMs };
  };
