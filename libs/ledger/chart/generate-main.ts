/** `npm run ledger:generate`: writes the migration's rows and the tables of docs/ledger.md from the chart. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withChartTables } from './document.js';
import { chartModule } from './generate.js';

writeFileSync('migrations/ledger/chart-rows.ts', chartModule());
writeFileSync('docs/ledger.md', withChartTables(readFileSync('docs/ledger.md', 'utf8')));
process.stdout.write('written: migrations/ledger/chart-rows.ts, docs/ledger.md\n');
