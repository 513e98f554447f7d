import { Module, type DynamicModule } from '@nestjs/common';
import { connectEthereum } from '#chains/ethereum';
import { databaseModule } from '#database';
import { deliveryModule } from '#delivery';
import { systemClock, type Clock } from '#kernel';
import { createLogger, type Metrics } from '#runtime';
import { ActivationService } from './batches/activation.service.js';
import { AllocationService } from './batches/allocation.service.js';
import { Batch } from './batches/batch.entity.js';
import { BatchesProcessor } from './batches/batches.processor.js';
import { BatchesService } from './batches/batches.service.js';
import { DepositsService } from './batches/deposits.service.js';
import { OperatorChecks } from './batches/operator-checks.service.js';
import { WriteOffService } from './batches/write-off.service.js';
import type { StakingConfig } from './config.js';
import { ExitWatchService } from './exits/exit-watch.service.js';
import { ExitsService } from './exits/exits.service.js';
import { Validator } from './exits/validator.entity.js';
import { FeeSweep } from './fees/fee-sweep.entity.js';
import { FeesService } from './fees/fees.service.js';
import { BlocksService } from './blocks/blocks.service.js';
import { IncidentsService } from './incidents/incidents.service.js';
import { distributionsFeature } from './distributions/distributions.feature.js';
import { exitQueueFeature } from './exit-queue/exit-queue.feature.js';
import { feesFeature } from './fees/fees.feature.js';
import { incidentsFeature } from './incidents/incidents.feature.js';
import { lossesFeature } from './losses/losses.feature.js';
import { operatorsFeature } from './operators/operators.feature.js';
import { ratesFeature } from './rates/rates.feature.js';
import { ProposalActions } from './proposals/proposal-actions.service.js';
import { Proposal } from './proposals/proposal.entity.js';
import { DryRunService } from './proposals/dry-run.service.js';
import { MergersService } from './proposals/mergers.service.js';
import { ProposalsService } from './proposals/proposals.service.js';
import { DecisionsController } from './staff/decisions.controller.js';
import { Incident } from './incidents/incident.entity.js';
import { CancellationService } from './orders/cancellation.service.js';
import { EtaService } from './orders/eta.service.js';
import { OperationsService } from './orders/operations.service.js';
import { Order, OrderPart } from './orders/order.entity.js';
import { OrdersController } from './orders/orders.controller.js';
import { PlacementService } from './orders/placement.service.js';
import { PositionsService } from './orders/positions.service.js';
import { RestakeProcessor } from './orders/restake.processor.js';
import { PartialWithdrawal } from './partials/partial-withdrawal.entity.js';
import { PartialsService } from './partials/partials.service.js';
import { PoolReport, PoolRow, PoolTier } from './pools/pool.entity.js';
import { PoolsController } from './pools/pools.controller.js';
import { PoolsService } from './pools/pools.service.js';
import { RateStandingProcessor } from './pools/rate-standing.processor.js';
import { RebatesService } from './pools/rebates.service.js';
import { ReportInputs } from './pools/report-inputs.service.js';
import { ReportOrders } from './pools/report-orders.service.js';
import { ReportsProcessor } from './pools/reports.processor.js';
import { ReportsService } from './pools/reports.service.js';
import { TierChanges } from './pools/tier-changes.service.js';
import { VaultProcessor } from './pools/vault.processor.js';
import { OpeningService } from './products/opening.service.js';
import { Product } from './products/product.entity.js';
import { ProductsController } from './products/products.controller.js';
import { ProductsService } from './products/products.service.js';
import { Quote } from './quotes/quote.entity.js';
import { QuotesController } from './quotes/quotes.controller.js';
import { QuotesService } from './quotes/quotes.service.js';
import { ChainSchedules } from './schedules/chain.schedule.js';
import { HolderRow, Settlement, SettlementChunk } from './settlement/holder.entity.js';
import { SettlementProcessor } from './settlement/settlement.processor.js';
import { SettlementService } from './settlement/settlement.service.js';
import { StaffController } from './staff/staff.controller.js';
import { StaffService } from './staff/staff.service.js';
import { Acknowledgement, Disclosure, Standing } from './standing/standing.entity.js';
import { StandingProcessor } from './standing/standing.processor.js';
import { CHAINS, CLOCK, CONFIG, LOGGER, type Chains } from './tokens.js';
import { TransactionsProcessor } from './transactions/transactions.processor.js';

/** Features that bring their parts themselves. */
const features = [distributionsFeature, exitQueueFeature, feesFeature, incidentsFeature, lossesFeature, operatorsFeature, ratesFeature];

/** What surrounds the room; a test gives its own. */
export interface Surroundings {
  readonly clock?: Clock;
  readonly chains?: Chains;
  readonly metrics?: Metrics;
}

const entities = [
  Acknowledgement,
  Batch,
  Disclosure,
  FeeSweep,
  HolderRow,
  Incident,
  Order,
  OrderPart,
  PartialWithdrawal,
  PoolReport,
  PoolRow,
  PoolTier,
  Product,
  Proposal,
  Quote,
  Settlement,
  SettlementChunk,
  Standing,
  Validator,
  ...features.flatMap((feature) => feature.entities),
];

@Module({})
export class StakingModule {
  static for(config: StakingConfig, around: Surroundings = {}): DynamicModule {
    const clock = around.clock ?? systemClock;
    return {
      module: StakingModule,
      imports: [
        databaseModule('staking', config, entities),
        deliveryModule('staking', config, around.metrics ? { metrics: around.metrics } : {}),
      ],
      controllers: [
        ...[DecisionsController, OrdersController, PoolsController, ProductsController, QuotesController, StaffController],
        ...features.flatMap((feature) => feature.controllers),
      ],
      providers: [
        { provide: CLOCK, useValue: clock },
        { provide: CONFIG, useValue: config },
        { provide: LOGGER, useFactory: () => createLogger('staking', config.LOG_LEVEL) },
        { provide: CHAINS, useFactory: () => around.chains ?? connectEthereum(config, clock) },
        ...[
          ActivationService,
          AllocationService,
          BatchesProcessor,
          BatchesService,
          CancellationService,
          ChainSchedules,
          DepositsService,
          OperatorChecks,
        ],
        ...[EtaService, ExitWatchService, ExitsService, FeesService, OpeningService, OperationsService, PlacementService, PoolsService],
        ...[
          PositionsService,
          ProductsService,
          QuotesService,
          ReportInputs,
          ReportOrders,
          ReportsProcessor,
          ReportsService,
          SettlementProcessor,
        ],
        ...[
          BlocksService,
          DryRunService,
          MergersService,
          ProposalActions,
          RateStandingProcessor,
          RebatesService,
          TierChanges,
          RestakeProcessor,
          WriteOffService,
          IncidentsService,
          ProposalsService,
          PartialsService,
          SettlementService,
          StaffService,
          StandingProcessor,
          TransactionsProcessor,
          VaultProcessor,
        ],
        ...features.flatMap((feature) => feature.providers),
      ],
    };
  }
}
