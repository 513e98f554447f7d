import { hashOfLeaf, type Leaf } from '../seal/block.js';
import { MerkleRoot } from '../seal/merkle.js';
import { stream, type Check, type Finding, type Reader } from './report.js';
import { blocksOf, whereOf, type StoredBlock } from './seal-chain-check.js';

/** Every row that a seal covers, written out here: the verifier trusts no view of the database. The chart's log is apart. */
const ROWS: Readonly<Record<string, string>> = {
  ledger: `SELECT 1 AS kind, id AS mark, xid, digest FROM ledger.batch UNION ALL SELECT 2, id, xid, digest FROM ledger.account
    UNION ALL SELECT 3, (extract(epoch FROM recorded_at) * 1000000)::bigint, xid, digest FROM ledger.hold
    UNION ALL SELECT 5, (extract(epoch FROM recorded_at) * 1000000)::bigint, xid, digest FROM ledger.reversal
    UNION ALL SELECT 6, (extract(epoch FROM recorded_at) * 1000000)::bigint, xid, digest FROM ledger.period`,
  audit: `SELECT 1 AS kind, seq AS mark, xid, digest FROM audit.event`,
};

/** Rows of one epoch: above its floor and not above the floor of the next. */
const rowsOfEpoch = (log: string, epoch: number): string => `
  SELECT r.kind, r.mark, r.xid, encode(r.digest, 'hex') AS digest
    FROM (${ROWS[log] ?? ''}) r,
         (SELECT (SELECT floor FROM seal.block WHERE log = '${log}' AND epoch = ${epoch} ORDER BY seq LIMIT 1) AS lower,
                 (SELECT floor FROM seal.block WHERE log = '${log}' AND epoch = ${epoch + 1} ORDER BY seq LIMIT 1) AS higher) e
   WHERE r.mark > coalesce(e.lower[r.kind], 0) AND (e.higher IS NULL OR r.mark <= e.higher[r.kind])
   ORDER BY r.xid, r.kind, r.mark, r.digest`;

interface Epoch {
  readonly epoch: number;
  /** Nothing of it can come any more: every row of it must be sealed. */
  readonly ended: boolean;
  /** It counts transactions of the cluster we look at: what its windows have passed must be sealed. */
  readonly counting: boolean;
}

/** Computes every root again from the rows as they stand, in one pass over them: a row altered, added or gone changes one. */
export const sealRootCheck = (log: string): Check => ({
  name: `seals of the ${log}: every row under its seal`,
  async *run(reader, progress) {
    const chart = log === 'ledger' ? await chartLeaves(reader) : [];
    let charted = 0;
    for (const { epoch, ended, counting } of await epochsOf(reader, log)) {
      const blocks = new BlockWalk(blocksOf(reader, log, epoch), chart, charted);
      for await (const row of stream<Leaf>(reader, rowsOfEpoch(log, epoch), progress)) {
        yield* blocks.upTo(BigInt(row.xid));
        const due = ended || (counting && BigInt(row.xid) <= blocks.sealedTo);
        if (!blocks.take(row) && due) yield leftOut(log, row);
      }
      yield* blocks.upTo(null);
      charted = blocks.charted;
    }
  },
});

const leftOut = (log: string, { kind, mark, xid }: Leaf): Finding => ({
  code: 'seal.left_out',
  where: `${log} kind ${kind} ${mark}`,
  detail: `of transaction ${xid} is under no seal, though its place is sealed`,
});

const epochsOf = (reader: Reader, log: string): Promise<Epoch[]> =>
  reader.rows<Epoch>(
    `SELECT e.epoch, e.epoch < max(e.epoch) OVER () AS ended,
            e.cluster = (SELECT system_identifier::text FROM pg_control_system()) AND e.upto < pg_snapshot_xmax(pg_current_snapshot()) AS counting
       FROM (SELECT epoch, max(cluster) AS cluster, max(upto_xid) AS upto FROM seal.block WHERE log = $1 GROUP BY epoch) e ORDER BY e.epoch`,
    [log],
  );

const chartLeaves = (reader: Reader): Promise<Leaf[]> =>
  reader.rows<Leaf>(
    `SELECT 4 AS kind, seq::bigint AS mark, '0' AS xid, encode(digest, 'hex') AS digest FROM ledger.chart_log ORDER BY seq`,
  );

/** Walks the blocks of an epoch beside its rows, both in the order of transactions. */
class BlockWalk {
  private block: StoredBlock | undefined;
  private tree = new MerkleRoot();
  private done = false;
  /** The windows have come so far. */
  sealedTo = 0n;

  constructor(
    private readonly blocks: AsyncGenerator<StoredBlock, void, undefined>,
    private readonly chart: readonly Leaf[],
    /** Rows of the chart's log under the blocks so far. */
    public charted: number,
  ) {}

  /** Closes the blocks that end before this transaction (null: all), and says what does not fit in them. */
  async *upTo(xid: bigint | null): AsyncGenerator<Finding, void, undefined> {
    if (!this.block) await this.open();
    while (this.block && (xid === null || xid > BigInt(this.block.upto_xid))) {
      const finding = faultOf(this.block, this.tree);
      if (finding) yield finding;
      await this.open();
    }
  }

  take(row: Leaf): boolean {
    const block = this.block;
    if (!block || BigInt(row.xid) <= BigInt(block.after_xid) || BigInt(row.mark) > BigInt(block.top[row.kind - 1] ?? 0)) return false;
    this.tree.add(hashOfLeaf(row));
    return true;
  }

  private async open(): Promise<void> {
    if (this.done) return;
    const next = await this.blocks.next();
    this.block = next.done ? undefined : next.value;
    this.done = next.done === true;
    this.tree = new MerkleRoot();
    if (!this.block) return;
    this.sealedTo = BigInt(this.block.upto_xid);
    const { chart } = this.block;
    for (const leaf of this.chart) if (Number(leaf.mark) > this.charted && Number(leaf.mark) <= chart) this.tree.add(hashOfLeaf(leaf));
    this.charted = chart;
  }
}

function faultOf(block: StoredBlock, tree: MerkleRoot): Finding | null {
  const where = whereOf(block);
  if (tree.size < block.rows)
    return {
      code: block.log === 'ledger' ? 'seal.missing_batch' : 'seal.missing_event',
      where,
      detail: `covers ${block.rows} rows of the transactions after ${block.after_xid} up to ${block.upto_xid}, ${tree.size} are there`,
    };
  if (tree.value().toString('hex') === block.root) return null;
  return {
    code: 'seal.root',
    where,
    detail: `${tree.size} rows of the transactions after ${block.after_xid} up to ${block.upto_xid} are not those that were sealed`,
  };
}
