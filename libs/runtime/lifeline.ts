import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';

/**
 * A child that never outlives us, not even after kill -9: a shell holds our end of a pipe and ends the program when it closes. In a
 * process group of its own, so that a Ctrl-C meant for us does not end it before we have let go of it.
 * `signal` is what ends it cleanly (PostgreSQL: INT is a fast shutdown).
 */
export function spawnWithLifeline(program: string, args: readonly string[], signal: 'TERM' | 'INT', options: SpawnOptions): ChildProcess {
  const script = `exec 3<&0; "$0" "$@" </dev/null 3<&- & p=$!; trap 'kill -${signal} $p 2>/dev/null' TERM INT; (cat <&3 >/dev/null; kill -${signal} $p 2>/dev/null) & w=$!; wait $p; c=$?; kill $w 2>/dev/null; exit $c`;
  return spawn('sh', ['-c', script, program, ...args], { ...options, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** For a node child of ours: leaves by itself when the parent is gone (its standard input closes). */
export function leaveWithParent(leave: () => void): void {
  process.stdin.on('end', leave).on('close', leave).on('error', leave);
  process.stdin.resume();
}
