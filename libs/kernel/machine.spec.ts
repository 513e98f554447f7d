import { describeMachine } from '#testing';
import { machine, move } from './machine.js';

const door = machine({
  name: 'door',
  initial: 'open',
  terminal: ['walled_up'],
  transitions: { open: { close: 'closed' }, closed: { open: 'open', wall_up: 'walled_up' }, walled_up: {} },
});

describeMachine(door);

describe('move', () => {
  it('names the state and the event it refused', () => {
    expect(move(door, 'walled_up', 'open')).toMatchObject({ ok: false, refusal: { facts: { state: 'walled_up', event: 'open' } } });
  });
});
