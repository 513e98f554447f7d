import { describeMachine } from '#testing';
import { runMachine } from './payouts/run.js';
import { poolMachine } from './pools/pool.js';
import { reportMachine } from './reports/report.js';

describeMachine(poolMachine);
describeMachine(reportMachine);
describeMachine(runMachine);
