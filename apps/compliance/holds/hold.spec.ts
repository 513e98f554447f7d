import { describeMachine } from '#testing';
import { holdMachine } from './hold.js';

describeMachine(holdMachine);

it('cannot be released without a proposal', () => expect(holdMachine.transitions.placed.release).toBeUndefined());
