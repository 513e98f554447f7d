import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { connectEthereum } from '#chains/ethereum';
import { databaseModule, Transactor } from '#database';
import { deliveryModule } from '#delivery';
import { systemClock } from '#kernel';
import { createLogger, refuseLocalnetInProduction, type Metrics } from '#runtime';
import { DestinationEntity } from './address-book/destination.entity.js';
import { DestinationsController } from './address-book/destinations.controller.js';
import { DestinationsService } from './address-book/destinations.service.js';
import { LedgerController } from './books/ledger.controller.js';
import { TransparencyController } from './books/transparency.controller.js';
import { CHAINS, type Chains } from './chain/chains.js';
import type { CustodyConfig } from './config.js';
import { DepositEntity } from './deposits/deposit.entity.js';
import { DepositsController } from './deposits/deposits.controller.js';
import { DepositsProcessor } from './deposits/deposits.processor.js';
import { DepositsService } from './deposits/deposits.service.js';
import { BookkeeperService } from './follower/bookkeeper.service.js';
import { CursorEntity } from './follower/cursor.entity.js';
import { FollowerService } from './follower/follower.service.js';
import { HeadWatchService } from './follower/head-watch.service.js';
import { LedgerUpkeepService } from './periods/ledger-upkeep.service.js';
import { PeriodCloseEntity } from './periods/period-close.entity.js';
import { PeriodClosesService } from './periods/period-closes.service.js';
import { PeriodsController } from './periods/periods.controller.js';
import { ProposalsService } from './follower/proposals.service.js';
import { PoliciesService } from './policies/policies.service.js';
import { ReconciliationEntity } from './reconciliation/reconciliation.entity.js';
import { ReconciliationService } from './reconciliation/reconciliation.service.js';
import { ReconciliationsController } from './reconciliation/reconciliations.controller.js';
import { AnchorService } from './sealing/anchor.service.js';
import { SealMetrics } from './sealing/seal-metrics.js';
import { SealHeadsController, SealsController } from './sealing/seals.controller.js';
import { SealsProcessor } from './sealing/seals.processor.js';
import { SealingService } from './sealing/sealing.service.js';
import { StandingEntity } from './standing/standing.entity.js';
import { StandingProcessor } from './standing/standing.processor.js';
import { ChainsController } from './status/chains.controller.js';
import { ChainReadiness } from './status/chain-readiness.service.js';
import { CustodyMetrics } from './status/metrics.js';
import { StatusController } from './status/status.controller.js';
import { CLOCK, CONFIG, LOGGER } from './tokens.js';
import { AttemptEntity } from './transactions/attempt.entity.js';
import { BroadcasterService } from './transactions/broadcaster.service.js';
import { BuilderService } from './transactions/builder.service.js';
import { ReplacerService } from './transactions/replacer.service.js';
import { RequestsProcessor } from './transactions/requests.processor.js';
import { SignaturesProcessor } from './transactions/signatures.processor.js';
import { SupplantedController } from './transactions/supplanted.controller.js';
import { SupplantedService } from './transactions/supplanted.service.js';
import { TransactionEntity } from './transactions/transaction.entity.js';
import { TransactionsController } from './transactions/transactions.controller.js';
import { FinderService } from './unattributed/finder.service.js';
import { UnattributedController } from './unattributed/unattributed.controller.js';
import { UnattributedEntity } from './unattributed/unattributed.entity.js';
import { UnattributedService } from './unattributed/unattributed.service.js';
import { AddressesController } from './wallets/addresses.controller.js';
import { KeyringEntity, SenderEntity, WalletEntity } from './wallets/wallet.entity.js';
import { WalletsProcessor } from './wallets/wallets.processor.js';
import { WalletsService } from './wallets/wallets.service.js';
import { WithdrawalEntity } from './withdrawals/withdrawal.entity.js';
import { WithdrawalsController } from './withdrawals/withdrawals.controller.js';
import { WithdrawalsService } from './withdrawals/withdrawals.service.js';

export const custodyEntities = [
  KeyringEntity,
  WalletEntity,
  SenderEntity,
  StandingEntity,
  DestinationEntity,
  CursorEntity,
  DepositEntity,
  TransactionEntity,
  AttemptEntity,
  UnattributedEntity,
  PeriodCloseEntity,
  WithdrawalEntity,
  ReconciliationEntity,
];

/** Everything but its surroundings (configuration, clock, log, metrics, chains). */
export const custodyProviders: Provider[] = [
  WalletsService,
  WalletsProcessor,
  StandingProcessor,
  DestinationsService,
  DepositsService,
  DepositsProcessor,
  BookkeeperService,
  ProposalsService,
  HeadWatchService,
  FollowerService,
  RequestsProcessor,
  BuilderService,
  SignaturesProcessor,
  ReplacerService,
  SupplantedService,
  UnattributedService,
  FinderService,
  PeriodClosesService,
  LedgerUpkeepService,
  BroadcasterService,
  PoliciesService,
  WithdrawalsService,
  ReconciliationService,
  AnchorService,
  SealingService,
  SealsProcessor,
  ChainReadiness,
];

export const custodyControllers = [
  AddressesController,
  DestinationsController,
  DepositsController,
  WithdrawalsController,
  TransactionsController,
  SupplantedController,
  UnattributedController,
  PeriodsController,
  ReconciliationsController,
  StatusController,
  ChainsController,
  LedgerController,
  SealsController,
  SealHeadsController,
  TransparencyController,
];

@Module({})
class Custody {}

export function custodyModule(
  config: CustodyConfig,
  metrics: Metrics,
  chains: Chains = connectEthereum(config, systemClock),
): DynamicModule {
  refuseLocalnetInProduction(config, 'custody');
  return {
    module: Custody,
    imports: [databaseModule('custody', config, custodyEntities), deliveryModule('custody', config, { metrics })],
    controllers: custodyControllers,
    providers: [
      { provide: CONFIG, useValue: config },
      { provide: CLOCK, useValue: systemClock },
      { provide: LOGGER, useFactory: () => createLogger('custody', config.LOG_LEVEL, config.LOG_FILE) },
      { provide: CustodyMetrics, useValue: new CustodyMetrics(metrics) },
      { provide: CHAINS, useValue: chains },
      { provide: SealMetrics, inject: [Transactor], useFactory: (transactor: Transactor) => new SealMetrics(metrics, transactor) },
      ...custodyProviders,
    ],
  };
}
