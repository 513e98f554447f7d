import { cannotRunApart } from '../../apart/exchange-apart.js';
import { toursApart } from '../../apart/tours.js';
import type { SoakSuite } from '../soak-suite.js';

export const suite: SoakSuite = {
  name: 'rooms-apart',
  about: 'the tour with every room in two processes, one after another killed; queues on PostgreSQL',
  cannot: cannotRunApart,
  run: (run) => toursApart(run, {}),
};
