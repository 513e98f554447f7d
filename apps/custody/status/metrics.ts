import { Counter, Gauge, type Metrics } from '#runtime';
import type { ChainState } from '../follower/chain-state.js';

const states: readonly ChainState[] = ['following', 'unavailable', 'stopped', 'contradicted'];

/** What an operator watches of custody. Amounts are wei as a double: for graphs and alarms, never for sums. */
export class CustodyMetrics {
  private readonly state: Gauge<'chain' | 'state'>;
  private readonly drift: Gauge<'chain' | 'asset'>;
  private readonly float: Gauge<'chain' | 'asset'>;
  private readonly imbalance: Gauge<'entity' | 'asset'>;
  private readonly notRolledUp: Gauge;
  private readonly stuck: Gauge<'chain' | 'state'>;
  private readonly replacements: Counter<'chain'>;
  private readonly height: Gauge<'chain'>;

  constructor(metrics: Metrics) {
    const registers = [metrics];
    this.state = new Gauge({
      name: 'bailee_custody_chain_state',
      help: '1 for the state a chain is in',
      labelNames: ['chain', 'state'],
      registers,
    });
    this.drift = new Gauge({
      name: 'bailee_custody_reconciliation_drift',
      help: 'Sum of every difference between ledger and chain that nothing explains, base units: must be 0',
      labelNames: ['chain', 'asset'],
      registers,
    });
    this.float = new Gauge({ name: 'bailee_custody_gas_float', help: 'Gas float, base units', labelNames: ['chain', 'asset'], registers });
    this.imbalance = new Gauge({
      name: 'bailee_ledger_imbalance',
      help: 'Sum of all balances of a legal entity in an asset, base units: must be 0',
      labelNames: ['entity', 'asset'],
      registers,
    });
    this.notRolledUp = new Gauge({
      name: 'bailee_ledger_not_rolled_up',
      help: 'Decisions that the roll-up by day has not reached',
      registers,
    });
    this.stuck = new Gauge({
      name: 'bailee_custody_transactions_stuck',
      help: 'Transactions that wait for people: no further replacement, or a nonce that somebody else used',
      labelNames: ['chain', 'state'],
      registers,
    });
    this.replacements = new Counter({
      name: 'bailee_custody_transaction_replacements_total',
      help: 'Replacements with a higher fee that were asked for',
      labelNames: ['chain'],
      registers,
    });
    this.height = new Gauge({
      name: 'bailee_custody_booked_height',
      help: 'Last finalised block in the books',
      labelNames: ['chain'],
      registers,
    });
  }

  chainState(chain: string, state: ChainState): void {
    for (const one of states) this.state.set({ chain, state: one }, one === state ? 1 : 0);
  }
  reconciliationDrift(chain: string, asset: string, units: bigint): void {
    this.drift.set({ chain, asset }, Number(units));
  }
  gasFloat(chain: string, asset: string, units: bigint): void {
    this.float.set({ chain, asset }, Number(units));
  }
  ledgerImbalance(entity: string, asset: string, units: bigint): void {
    this.imbalance.set({ entity, asset }, Number(units));
  }
  ledgerNotRolledUp(decisions: number): void {
    this.notRolledUp.set(decisions);
  }
  stuckTransactions(chain: string, counts: { readonly waiting: number; readonly supplanted: number }): void {
    this.stuck.set({ chain, state: 'waiting' }, counts.waiting);
    this.stuck.set({ chain, state: 'supplanted' }, counts.supplanted);
  }
  replacement(chain: string): void {
    this.replacements.inc({ chain });
  }
  bookedHeight(chain: string, number: bigint): void {
    this.height.set({ chain }, Number(number));
  }
}
