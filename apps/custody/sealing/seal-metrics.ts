import type { Transactor } from '#database';
import { sealAt, sealHealth, type LogSealHealth, type SealHealth } from '#ledger';
import { Gauge, type Metrics } from '#runtime';
import type { EntityManager } from 'typeorm';

interface SealingState {
  readonly health: SealHealth;
  /** That the newest signed blocks of the logs carry. */
  readonly publicKeys: ReadonlySet<string>;
}

/** What an operator watches of sealing. Read from the database at each scrape, so that a sealer that has died is seen as well. */
export class SealMetrics {
  private reading: Promise<SealingState> | undefined;

  constructor(
    private readonly metrics: Metrics,
    private readonly transactor: Transactor,
  ) {
    this.single(
      'bailee_ledger_unsealed_batches',
      'Batches, accounts and holds under no seal, counted up to 100,000',
      of('ledger', 'unsealed'),
    );
    this.single('bailee_ledger_unsealed_seconds', 'Age of the oldest of them', of('ledger', 'unsealedSeconds'));
    this.single('bailee_audit_unsealed_rows', 'Audit rows under no seal, counted up to 100,000', of('audit', 'unsealed'));
    this.single('bailee_audit_unsealed_seconds', 'Age of the oldest of them', of('audit', 'unsealedSeconds'));
    this.single(
      'bailee_seal_oldest_writer_seconds',
      'Age of the open write transaction that holds sealing back',
      (now) => now.health.oldestWriter?.seconds ?? 0,
    );
    this.byLog('bailee_seal_refused', '1 while the signer refuses the chain of this log', (at) => (at.refused === null ? 0 : 1));
    this.byLog('bailee_seal_signed', 'Place of the newest signed block', (at) => Number(at.signed));
    this.byLog('bailee_seal_unsigned_seconds', 'Age of the oldest block that waits for its signature', (at) => at.unsignedSeconds);
    this.gauge('bailee_seal_key', '1 for the key that the newest blocks are signed with', ['public_key'], (gauge, { publicKeys }) => {
      for (const key of publicKeys) gauge.set({ public_key: key }, 1);
    });
  }

  private single(name: string, help: string, value: (state: SealingState) => number): void {
    this.gauge(name, help, [], (gauge, state) => gauge.set(value(state)));
  }

  private byLog(name: string, help: string, value: (at: LogSealHealth) => number): void {
    this.gauge(name, help, ['log'], (gauge, { health }) => {
      for (const at of health.logs) gauge.set({ log: at.log }, value(at));
    });
  }

  private gauge<L extends string>(name: string, help: string, labelNames: L[], show: (gauge: Gauge<L>, state: SealingState) => void): void {
    const state = (): Promise<SealingState> => this.state();
    const collect = async function (this: Gauge<L>): Promise<void> {
      show(this, await state());
    };
    new Gauge({ name, help, labelNames, registers: [this.metrics], collect });
  }

  /** One scrape asks all gauges at once: they share one answer. */
  private state(): Promise<SealingState> {
    this.reading ??= this.transactor.read(readState).finally(() => (this.reading = undefined));
    return this.reading;
  }
}

async function readState(em: EntityManager): Promise<SealingState> {
  const health = await sealHealth(em);
  const publicKeys = new Set<string>();
  for (const { log, signed } of health.logs) {
    const head = signed === '0' ? null : await sealAt(em, log, signed);
    if (head?.public_key) publicKeys.add(head.public_key);
  }
  return { health, publicKeys };
}

const of =
  (log: LogSealHealth['log'], field: 'unsealed' | 'unsealedSeconds') =>
  ({ health }: SealingState): number =>
    health.logs.find((at) => at.log === log)?.[field] ?? 0;
