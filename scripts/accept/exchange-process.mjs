// npm start as a stranger's terminal runs it: in a process group of its own, so that Ctrl-C reaches all of it.
import { spawn } from 'node:child_process';

const START_WITHIN_MS = 600_000;

export async function startExchange(place, args) {
  const began = performance.now();
  const child = spawn('npm', ['start', '--', ...args], {
    cwd: place.dir,
    env: place.env,
    ...place.user,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const listeners = new Set();
  const keep = (chunk) => {
    text += chunk;
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let gone = false;
  const exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  void exited.then(() => ((gone = true), keep('')));

  const saw = (pattern) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => finish(reject, new Error(`never saw ${pattern}:\n${text.slice(-3000)}`)), START_WITHIN_MS);
      const finish = (how, value) => {
        clearTimeout(timer);
        listeners.delete(look);
        how(value);
      };
      const look = () => {
        const match = pattern.exec(text);
        if (match) finish(resolve, match);
        else if (gone) finish(reject, new Error(`npm start ended:\n${text.slice(-3000)}`));
      };
      listeners.add(look);
      look();
    });

  const [, apiUrl] = await saw(/^\s*API\s+(http:\S+)/m);
  await saw(/^Started in /m);
  const seconds = Math.round((performance.now() - began) / 1000);
  const signal = (name) => {
    try {
      process.kill(-child.pid, name);
    } catch {
      /* it is gone already */
    }
  };
  return {
    apiUrl,
    seconds,
    saw,
    interrupt: () => (signal('SIGINT'), exited),
    killHard: () => (signal('SIGKILL'), exited),
  };
}
