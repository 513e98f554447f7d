import { setTimeout as pause } from 'node:timers/promises';
import { Fault } from '#kernel';
import { ConfigInvalid, createLogger, leaveWithParent, loadConfig, type Logger, type RoomConfig } from '#runtime';
import { checkBoot, type RoomDeployment } from './boot.js';
import { openRoom, type OpenRoom, type Room } from './room.js';
import { describeSettings, meaningOf } from './settings.js';

export type { RoomDeployment } from './boot.js';

const WITH_PARENT = '--with-parent';

/**
 * Runs a room as a process of its own until SIGTERM or SIGINT, then drains: says that it is not ready, goes on answering for DRAIN_MS,
 * finishes what is in hand and ends with 0; with 1 when that took longer than STOP_WITHIN_MS. A room that must not start says why in one
 * sentence and ends with 1.
 */
export async function runRoom<C extends RoomConfig>(room: Room<C>, deployment: RoomDeployment<C>): Promise<void> {
  const words = process.argv.slice(2);
  if (words.includes('--help') || words.includes('-h')) return void process.stdout.write(describeSettings(room));
  try {
    const foreign = words.find((word) => word !== WITH_PARENT);
    if (foreign !== undefined) throw new Fault('room.unknown_option', `${foreign} is not an option: see --help`, false);
    await serve(room, deployment, words.includes(WITH_PARENT));
  } catch (error) {
    process.stderr.write(`${room.name} could not start: ${sentence(room, error)}\n`);
    process.exit(1);
  }
}

async function serve<C extends RoomConfig>(room: Room<C>, deployment: RoomDeployment<C>, withParent: boolean): Promise<void> {
  const config = loadConfig(room.config, room.name);
  const log = createLogger(room.name, config.LOG_LEVEL, config.LOG_FILE);
  surviveOversights(log);
  let leaving: ((why: string, drainMs: number) => void) | null = null;
  const asked = new Promise<[string, number]>((resolve) => (leaving = (why, drainMs) => resolve([why, drainMs])));
  process.once('SIGTERM', () => leaving?.('SIGTERM', config.DRAIN_MS));
  process.once('SIGINT', () => leaving?.('SIGINT', 0)); // a person at a terminal, who waits
  if (withParent) leaveWithParent(() => leaving?.('its parent is gone', 0));
  await checkBoot(room.name, config, deployment, log);
  const open = await openRoom(room);
  await open.app.listen(config.PORT, config.HOST);
  log.info({ url: await open.app.getUrl() }, `${room.name} is open`);
  const [why, drainMs] = await asked;
  log.info({ why, drainMs }, `${room.name} is leaving`);
  process.exit(await drained(open, drainMs, config.STOP_WITHIN_MS, log));
}

/** The exit code. */
async function drained(open: OpenRoom, drainMs: number, stopWithinMs: number, log: Logger): Promise<number> {
  open.leave();
  await pause(drainMs);
  const closed = open.close().then(
    () => 0,
    (error: unknown) => (log.error({ err: error }, 'did not close cleanly'), 1),
  );
  const code = await Promise.race([closed, pause(stopWithinMs, null)]);
  if (code === null) log.error({ stopWithinMs }, 'what was in hand took too long: leaving it to be done again');
  else log.info('closed');
  return code ?? 1;
}

/** A promise that nobody waited for is a mistake of ours, to be found in the log; it ends nobody's requests. */
function surviveOversights(log: Logger): void {
  process.on('unhandledRejection', (error) => log.error({ err: error, alarm: true }, 'unhandled rejection'));
}

function sentence<C extends RoomConfig>(room: Room<C>, error: unknown): string {
  if (error instanceof ConfigInvalid) {
    const problems = error.problems.map((problem) => {
      const meaning = meaningOf(room, problem.split(' ')[0] ?? '');
      return `  - ${problem}${meaning ? ` (${meaning.replace(/\.$/, '')})` : ''}`;
    });
    return `its settings are not complete or not valid:\n${problems.join('\n')}\n\`node dist/apps/${room.name}/main.js --help\` lists all of them.`;
  }
  const { code, message } = error as Error & { code?: string };
  if (code === 'EADDRINUSE') return `another process listens on its port: choose another PORT, or stop that one (${message})`;
  return error instanceof Fault ? `${message} (${error.code})` : ((error as Error).stack ?? message);
}
