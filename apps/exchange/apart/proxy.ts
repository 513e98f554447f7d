import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Fault } from '#kernel';
import { proxyConfiguration, type ProxyPlan } from '#http';
import { environment, spawnWithLifeline, type Home } from '#runtime';

export interface Proxy {
  readonly exited: Promise<unknown>;
  /** Sends what comes from now on by another plan; what is under way is finished. */
  follow(plan: ProxyPlan): void;
  stop(): Promise<void>;
}

const STARTS_WITHIN_MS = 15_000;

/** The nginx of this machine, or null. NGINX names another one. */
export function findNginx(): string | null {
  const candidates = [environment()['NGINX'], 'nginx', '/usr/sbin/nginx', '/usr/local/sbin/nginx'];
  return candidates.find((program): program is string => !!program && spawnSync(program, ['-v']).status === 0) ?? null;
}

/** A stock nginx in front of the rooms, with everything it writes in the home. Faults `proxy.missing`, `proxy.no_start`. */
export async function startProxy(home: Home, plan: ProxyPlan): Promise<Proxy> {
  const program = findNginx();
  if (program === null)
    throw new Fault(
      'proxy.missing',
      'rooms apart need a reverse proxy: install nginx (Debian: apt-get install nginx-light), or name one by NGINX',
      false,
    );
  const folder = home.path('proxy');
  mkdirSync(`${folder}/temp`, { recursive: true });
  mkdirSync(home.path('logs'), { recursive: true });
  const file = `${folder}/nginx.conf`;
  writeFileSync(file, whole(home, plan));
  const log = home.path('logs', 'proxy.log');
  const child = spawnWithLifeline(program, ['-p', folder, '-c', file, '-e', log, '-g', 'daemon off;'], 'TERM', {});
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  let gone = false;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve())).then(() => void (gone = true));
  const url = `http://${plan.listen}/health/live`;
  for (let waited = 0; !(await answers(url)); waited += 50) {
    if (gone || waited > STARTS_WITHIN_MS) {
      child.stdin?.destroy();
      throw new Fault('proxy.no_start', `nginx did not start: ${output || `see ${log}`}`, false);
    }
    await pause(50);
  }
  return {
    exited,
    follow: (next) => {
      writeFileSync(file, whole(home, next));
      process.kill(Number(readFileSync(`${folder}/pid`, 'utf8')), 'SIGHUP');
    },
    stop: async () => {
      child.stdin?.end();
      await exited;
      child.stdin?.destroy();
    },
  };
}

/** Nothing is written but the log: neither bodies nor answers ever need a file. */
function whole(home: Home, plan: ProxyPlan): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (what) => `  ${what}_temp_path "${home.path('proxy', 'temp')}";`,
  );
  return `worker_processes 1;
pid "${home.path('proxy', 'pid')}";
error_log "${home.path('logs', 'proxy.log')}" warn;
events { worker_connections 4096; }
http {
  access_log off;
  server_tokens off;
  keepalive_timeout 0; # a new plan hangs up on whoever is connected and idle: then nobody is
${temporary.join('\n')}

${proxyConfiguration(plan)}}
`;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}
