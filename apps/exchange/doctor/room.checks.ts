import { rooms } from '#messages';
import { fail, fine, skip, type Check, type Finding } from './checklist.js';
import type { Surroundings } from './surroundings.js';

/** What the rooms say of themselves, where an exchange answers. */
export const roomChecks = ({ apiUrl }: Surroundings): Check[] => [
  { group: 'Rooms', name: 'ready', look: () => (apiUrl === null ? skip('no exchange runs on this home (npm start)') : ready(apiUrl)) },
];

async function ready(apiUrl: string): Promise<Finding> {
  const response = await fetch(`${apiUrl}/health/ready`, { signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  if (response.ok)
    return fine(`${apiUrl}: every room with its database, its queue and its chain (${rooms.length - 1} rooms, the signer apart)`);
  return fail(
    `${apiUrl} answers ${response.status}: ${text.slice(0, 300)}`,
    'the reason stands in the answer; docs/operations.md says what to do',
  );
}
