import { type DynamicModule, Inject, Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { databaseModule, Transactor } from '#database';
import { deliveryModule } from '#delivery';
import { type Clock, systemClock } from '#kernel';
import type { Metrics } from '#runtime';
import { AuditController } from './audit/audit.controller.js';
import { CaseNoteRow } from './cases/case-note.entity.js';
import { CasesController } from './cases/cases.controller.js';
import { CasesService } from './cases/cases.service.js';
import { type ComplianceConfig, personalDataKey, settingsOf } from './config.js';
import { DecisionActions } from './decisions/decision-actions.registry.js';
import { DecisionRow } from './decisions/decision.entity.js';
import { DecisionsController } from './decisions/decisions.controller.js';
import { DecisionsService } from './decisions/decisions.service.js';
import { DepositRow } from './deposits/deposit.entity.js';
import { DepositsController } from './deposits/deposits.controller.js';
import { DepositsProcessor } from './deposits/deposits.processor.js';
import { DepositsService } from './deposits/deposits.service.js';
import { AcknowledgementRow, DisclosureRow } from './disclosures/disclosure.entity.js';
import { DisclosuresController } from './disclosures/disclosures.controller.js';
import { DisclosuresProcessor } from './disclosures/disclosures.processor.js';
import { DisclosuresService } from './disclosures/disclosures.service.js';
import { HistoryRow } from './history/history.entity.js';
import { HoldRow } from './holds/hold.entity.js';
import { HoldsController } from './holds/holds.controller.js';
import { HoldsService } from './holds/holds.service.js';
import { ApplicationRow } from './onboarding/application.entity.js';
import { ApplicationsController } from './onboarding/applications.controller.js';
import { ApplicationsService } from './onboarding/applications.service.js';
import { Rescreening } from './onboarding/rescreening.schedule.js';
import { FieldCipher } from './personal-data/field-cipher.js';
import { DataKeyRow, PersonalDataRow } from './personal-data/personal-data.entity.js';
import { checkDataKey } from './personal-data/personal-data.store.js';
import { CLOCK, SETTINGS } from './ports.js';
import { MatchesController } from './screening/matches.controller.js';
import { MatchesService } from './screening/matches.service.js';
import { MatchRow, ScreeningRunRow } from './screening/screening.entity.js';
import { ScreeningService } from './screening/screening.service.js';
import { EntryRow, SnapshotRow, TermRow } from './screening/watchlist.entity.js';
import { WatchlistLoader } from './screening/watchlist.loader.js';
import { ClientsController } from './standing/clients.controller.js';
import { ClosingService } from './standing/closing.service.js';
import { StandingRow } from './standing/standing.entity.js';
import { StandingProcessor } from './standing/standing.processor.js';
import { StandingService } from './standing/standing.service.js';

const entities = [
  HistoryRow,
  StandingRow,
  HoldRow,
  ApplicationRow,
  PersonalDataRow,
  DataKeyRow,
  CaseNoteRow,
  SnapshotRow,
  EntryRow,
  TermRow,
  ScreeningRunRow,
  MatchRow,
  DecisionRow,
  DisclosureRow,
  AcknowledgementRow,
  DepositRow,
];

const controllers = [
  ApplicationsController,
  CasesController,
  MatchesController,
  DecisionsController,
  DepositsController,
  HoldsController,
  ClientsController,
  DisclosuresController,
  AuditController,
];

const services = [
  StandingService,
  StandingProcessor,
  ClosingService,
  HoldsService,
  DecisionActions,
  DecisionsService,
  ScreeningService,
  MatchesService,
  WatchlistLoader,
  ApplicationsService,
  Rescreening,
  CasesService,
  DisclosuresService,
  DisclosuresProcessor,
  DepositsService,
  DepositsProcessor,
];

/** The room does not open with a key that cannot read what is stored: those people could not be screened. */
@Injectable()
class DataKeyCheck implements OnModuleInit {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly cipher: FieldCipher,
    private readonly transactor: Transactor,
  ) {}

  onModuleInit(): Promise<void> {
    return this.transactor.run((em) => checkDataKey(em, this.cipher, this.clock.now()));
  }
}

@Module({})
class ComplianceModule {}

export function complianceModule(config: ComplianceConfig, metrics: Metrics, clock: Clock = systemClock): DynamicModule {
  return {
    module: ComplianceModule,
    imports: [databaseModule('compliance', config, entities), deliveryModule('compliance', config, { metrics })],
    controllers,
    providers: [
      { provide: CLOCK, useValue: clock },
      { provide: SETTINGS, useFactory: () => settingsOf(config) },
      { provide: FieldCipher, useFactory: () => new FieldCipher(personalDataKey(config)) },
      DataKeyCheck,
      ...services,
    ],
  };
}
