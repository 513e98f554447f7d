import { newUuid } from '#kernel';
import { describeMachine } from '#testing';
import { matchId, matchMachine, uuidOfMatch } from './match.js';

describeMachine(matchMachine);

it('is settled by nobody alone', () => {
  expect(Object.values(matchMachine.transitions.pending)).not.toContain('false_positive');
  expect(Object.values(matchMachine.transitions.pending)).not.toContain('true_match');
});

it('reads its own ids only', () => {
  const uuid = newUuid();
  expect(uuidOfMatch(matchId(uuid))).toBe(uuid);
  for (const foreign of [uuid, `app_${uuid}`, 'mat_', `mat_${uuid}x`, "mat_' OR true"]) expect(uuidOfMatch(foreign)).toBeNull();
});
