import pg from 'pg';
import type { Command } from './command.js';
import { deadLetter, deadLetters, replay, type DeadLetter, type DeadLetterInFull } from './dead-letters.js';

export type Say = (line: string) => void;

/** Does it on the database at `url`, as its owner. Answers with the exit code. */
export async function runCommand(command: Exclude<Command, { what: 'help' }>, url: string, say: Say): Promise<number> {
  const client = new pg.Client({ connectionString: url, application_name: 'bailee-delivery-cli' });
  try {
    await client.connect();
    if (command.what === 'list') return await list(client, command, say);
    if (command.what === 'show') return await show(client, command, say);
    return await replayAll(client, command, say);
  } finally {
    await client.end().catch(() => undefined);
  }
}

type Of<W extends Command['what']> = Extract<Command, { what: W }>;

async function list(client: pg.Client, { room, json }: Of<'list'>, say: Say): Promise<number> {
  const dead = await deadLetters(client, room);
  if (json) say(JSON.stringify({ dead }));
  else if (dead.length === 0) say('no dead deliveries');
  else for (const letter of dead) say(line(letter));
  return 0;
}

async function show(client: pg.Client, { id, json }: Of<'show'>, say: Say): Promise<number> {
  const letter = await deadLetter(client, id);
  if (letter === null) return missing(id, json, say);
  say(json ? JSON.stringify(letter) : inFull(letter));
  return 0;
}

async function replayAll(client: pg.Client, { of, reason, by, dryRun, json }: Of<'replay'>, say: Say): Promise<number> {
  const one = 'id' in of ? await deadLetter(client, of.id) : null;
  if ('id' in of && one === null) return missing(of.id, json, say);
  const due: readonly DeadLetter[] = 'room' in of ? await deadLetters(client, of.room) : one === null ? [] : [one];
  const done: DeadLetter[] = [];
  for (const letter of due) if (dryRun || (await replay(client, letter.id, by, reason))) done.push(letter);
  if (json) say(JSON.stringify({ dry_run: dryRun, by, reason, replayed: done.map((letter) => letter.id) }));
  else {
    for (const letter of done) say(`${dryRun ? 'would be tried again' : 'is tried again'}: ${line(letter)}`);
    if (done.length === 0) say('no dead deliveries');
  }
  return 0;
}

function missing(id: string, json: boolean, say: Say): number {
  say(json ? JSON.stringify({ error: 'not_dead', id }) : `there is no dead delivery ${id}`);
  return 1;
}

const line = ({ id, room, message, aggregate, seq, attempts, dead_at: since, waiting, error }: DeadLetter): string =>
  `${id}  ${room}  ${message}  ${aggregate} #${seq}  since ${since}  ${attempts} attempts, ${waiting} waiting behind it  ${(error ?? '').split('\n')[0] ?? ''}`;

function inFull(letter: DeadLetterInFull): string {
  const facts: [string, string][] = [
    ['delivery', letter.id],
    ['message', `${letter.message} from ${letter.producer} to ${letter.room}`],
    ['aggregate', letter.aggregate],
    ['position', `${letter.seq} of ${letter.last_seq}, ${letter.waiting} waiting behind it`],
    ['emitted', letter.emitted_at],
    ['dead since', `${letter.dead_at}, after ${letter.attempts} attempts`],
    ['correlation', letter.correlation ?? '-'],
    ['error', letter.error ?? '-'],
    ...letter.replays.map(({ at, by, reason, error }): [string, string] => [
      'replayed',
      `${at} by ${by}: ${reason} (it had failed with: ${error ?? '-'})`,
    ]),
    ['payload', JSON.stringify(letter.payload, null, 2)],
  ];
  return facts.map(([name, value]) => `${name.padEnd(12)}${value}`).join('\n');
}
