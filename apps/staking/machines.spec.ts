import { describeMachine } from '#testing';
import { batchMachine } from './batches/batch.js';
import { validatorMachine } from './exits/validator.js';
import { incidentMachine } from './incidents/incident.js';
import { partialMachine } from './partials/partial-withdrawal.js';
import { feeSweepMachine } from './fees/fee-sweep.js';
import { proposalMachine } from './proposals/proposal.js';
import { partMachine, stakeMachine } from './orders/stake.js';
import { unstakeMachine } from './orders/unstake.js';

describeMachine(stakeMachine);
describeMachine(partMachine);
describeMachine(unstakeMachine);
describeMachine(batchMachine);
describeMachine(validatorMachine);
describeMachine(feeSweepMachine);
describeMachine(incidentMachine);
describeMachine(partialMachine);
describeMachine(proposalMachine);
