import { describeMachine } from '#testing';
import { mayDecide, periodCloseMachine } from './period-close.js';

describeMachine(periodCloseMachine);

it('a period is closed by another person than asked for it', () => {
  expect(mayDecide('requested', 'a', 'b', 'approve')).toMatchObject({ ok: true, value: 'closed' });
  expect(mayDecide('requested', 'a', 'a', 'approve')).toMatchObject({ refusal: { code: 'period.maker_is_checker' } });
  expect(mayDecide('closed', 'a', 'b', 'deny')).toMatchObject({ refusal: { code: 'period.forbidden_move' } });
});
