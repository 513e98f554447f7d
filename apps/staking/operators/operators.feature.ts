import type { Feature } from '../feature.js';
import { ExitDrillService } from './exit-drill.service.js';
import { MediumsService } from './mediums.service.js';
import { OperatorAlarms } from './operator-alarms.service.js';
import { OperatorsOpening } from './opening.service.js';
import { AssessmentRow, CapsRow, ExitDrillRow, MediumRow, OperatorRow } from './operator.entity.js';
import { OperatorsController } from './operators.controller.js';
import { OperatorSchedules } from './operators.schedule.js';
import { OperatorsService } from './operators.service.js';
import { PerformanceRow, PerformanceWindow } from './performance.entity.js';
import { PerformanceService } from './performance.service.js';
import { RedelegationService } from './redelegation.service.js';
import { RegisterService } from './register.service.js';
import { AssessmentAction, CapsAction, OperatorAction } from './registry.actions.js';

export const operatorsFeature: Feature = {
  entities: [AssessmentRow, CapsRow, ExitDrillRow, MediumRow, OperatorRow, PerformanceRow, PerformanceWindow],
  controllers: [OperatorsController],
  providers: [
    AssessmentAction,
    CapsAction,
    ExitDrillService,
    MediumsService,
    OperatorAction,
    OperatorAlarms,
    OperatorSchedules,
    OperatorsOpening,
    OperatorsService,
    PerformanceService,
    RedelegationService,
    RegisterService,
  ],
};
