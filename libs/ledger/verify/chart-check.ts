import { differences } from '../chart/drift.js';
import { question, type Check } from './report.js';

/** Written out here, not called from the database: whoever can alter rows can alter functions. */
const CHART = `jsonb_build_object(
  'entity', (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.code) FROM ledger.entity t),
  'asset', (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.id) FROM ledger.asset t),
  'account_kind', (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.code) FROM ledger.account_kind t),
  'transfer_kind', (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.code) FROM ledger.transfer_kind t))`;

const chartRowsCheck: Check = {
  name: 'chart: every row is the code’s',
  async *run(reader) {
    const [row] = await reader.rows<{ chart: Parameters<typeof differences>[0] }>(`SELECT ${CHART} AS chart`);
    for (const detail of row ? differences(row.chart) : ['no chart'])
      yield { code: 'chart.row', where: detail.split(' is ')[0] ?? 'chart', detail };
  },
};

const chartLogCheck = question(
  'chart: the log’s digests',
  'chart.log',
  `SELECT format('chart_log %s', l.seq) AS where, 'its digests do not fit the row, its place, or the chart as it stands' AS detail
     FROM (SELECT l.*, row_number() OVER (ORDER BY l.seq) place, row_number() OVER (ORDER BY l.seq DESC) from_last FROM ledger.chart_log l) l
    WHERE l.seq <> l.place
       OR l.digest <> sha256(int4send(l.seq) || l.chart_digest || timestamptz_send(l.recorded_at) || convert_to(l.recorded_by::text, 'UTF8'))
       OR l.from_last = 1 AND l.chart_digest <> sha256(convert_to((${CHART})::text, 'UTF8'))
    UNION ALL SELECT 'chart_log', 'the log is empty' WHERE NOT EXISTS (SELECT FROM ledger.chart_log)`,
);

export const chartChecks: readonly Check[] = [chartRowsCheck, chartLogCheck];
