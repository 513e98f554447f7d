import { setTimeout as pause } from 'node:timers/promises';
import type { RoomName } from '#messages';
import type { Environment } from '#runtime';
import { startRoomProcess, type RoomProcess } from '../room-process.js';

export interface InstanceState {
  readonly room: RoomName;
  /** 1, 2, … within the room. */
  readonly number: number;
  readonly port: number;
  /** Null while it is being started again. */
  readonly pid: number | null;
  /** How often it was started after the first time. */
  readonly restarts: number;
  /** How the process before this one ended: its exit code, or null by a signal. Undefined before the first end. */
  readonly lastExit: number | null | undefined;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** One that has lived so long did not fail at the start. */
const SETTLED_MS = 10_000;

/** One of several processes of a room, kept running: however it ends, it is started again on the same port until it is stopped. */
export class Instance {
  private process: RoomProcess | null = null;
  private restarts = 0;
  private lastExit: number | null | undefined;
  private keeping: Promise<void> | null = null;
  private readonly stopping = new AbortController();

  constructor(
    readonly room: RoomName,
    readonly number: number,
    readonly port: number,
    private readonly env: Environment,
    /** Called whenever the process has come or gone, and with what kept it from starting again. */
    private readonly changed: (trouble?: string) => void,
  ) {}

  get state(): InstanceState {
    return {
      room: this.room,
      number: this.number,
      port: this.port,
      pid: this.process?.pid ?? null,
      restarts: this.restarts,
      lastExit: this.lastExit,
    };
  }

  /** The first start must succeed: what is wrong then is for a person to mend. */
  async start(): Promise<void> {
    this.process = await startRoomProcess(this.room, this.env, this.port);
    this.keeping = this.keep(this.process);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.process?.stop();
    await this.keeping;
  }

  private get isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private async keep(first: RoomProcess): Promise<void> {
    let current: RoomProcess | null = first;
    for (let failures = 0; !this.isStopping;) {
      const began = performance.now();
      if (current !== null) this.lastExit = await current.exited;
      this.process = null;
      if (this.isStopping) return;
      this.changed();
      failures = current !== null && performance.now() - began > SETTLED_MS ? 0 : failures + 1;
      await this.rest(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1)));
      current = await this.again();
    }
  }

  private async again(): Promise<RoomProcess | null> {
    if (this.isStopping) return null;
    this.restarts++;
    try {
      const started = await startRoomProcess(this.room, this.env, this.port);
      this.process = started;
      if (this.isStopping) await started.stop();
      else this.changed();
      return started;
    } catch (error) {
      this.changed((error as Error).message);
      return null;
    }
  }

  private rest(ms: number): Promise<void> {
    return pause(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
