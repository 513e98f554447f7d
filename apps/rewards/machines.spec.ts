import { describeMachine } from '#testing';
import { changeMachine } from './schedules/schedule.js';
import { runMachine } from './payouts/run.js';
import { poolMachine } from './pools/pool.js';
import { reportMachine } from './reports/report.js';

describeMachine(changeMachine);
describeMachine(poolMachine);
describeMachine(reportMachine);
describeMachine(runMachine);
