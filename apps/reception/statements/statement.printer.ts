import PDFDocument from 'pdfkit';
import { publicId, timestamp } from '#kernel';
import type { Rows } from './render.js';
import type { AccountRow, StatementRow } from './statement-row.js';
import type { StatementHead } from './statements.store.js';

type Document = InstanceType<typeof PDFDocument>;
interface Column {
  readonly title: string;
  readonly width: number;
  readonly align?: 'right';
}

const MARGIN = 36;
const FOOT = 48;
const accountColumns: readonly Column[] = [
  { title: 'Account', width: 150 },
  { title: 'Asset', width: 120 },
  { title: 'Opening', width: 150, align: 'right' },
  { title: 'Change', width: 150, align: 'right' },
  { title: 'Closing', width: 150, align: 'right' },
];
const lineColumns: readonly Column[] = [
  { title: 'Time (UTC)', width: 100 },
  { title: 'What', width: 100 },
  { title: 'Account', width: 75 },
  { title: 'Asset', width: 85 },
  { title: 'Change', width: 125, align: 'right' },
  { title: 'Balance', width: 125, align: 'right' },
  { title: 'Value', width: 110, align: 'right' },
];

/** On landscape A4, page by page: what is printed leaves memory. The same statement gives the same bytes. */
export async function* pdfOf(head: StatementHead, rows: Rows): AsyncGenerator<Buffer> {
  const document = new PDFDocument({
    size: 'A4',
    layout: 'landscape',
    margin: MARGIN,
    info: {
      Title: `Statement ${publicId('statement', head.id)}`,
      Producer: 'Bailee',
      Creator: 'Bailee',
      CreationDate: head.madeAt,
      ModDate: head.madeAt,
    },
  });
  const ready: Buffer[] = [];
  document.on('data', (chunk: Buffer) => ready.push(chunk));
  const done = new Promise<void>((resolve, reject) => document.once('end', resolve).once('error', reject));
  const table = new Table(document);
  title(document, head);
  table.begin(accountColumns);
  for (const account of head.accounts) table.row(accountFields(account));
  document.moveDown(1);
  table.begin(lineColumns);
  for await (const part of rows) {
    for (const row of part) table.row(lineFields(row));
    yield* ready.splice(0);
  }
  document.end();
  await done;
  yield* ready;
}

function title(document: Document, head: StatementHead): void {
  const period = `${head.from ? timestamp(head.from) : 'the beginning'} to ${timestamp(head.to)} (before)`;
  document
    .font('Helvetica-Bold')
    .fontSize(16)
    .text(head.month ? `Statement of ${head.month}` : 'Statement');
  document.font('Helvetica').fontSize(8);
  const facts = [
    `Client ${publicId('client', head.clientId)}   Statement ${publicId('statement', head.id)}`,
    `Period ${period}   Values in ${head.currency}   Made ${timestamp(head.madeAt)}`,
    head.provisional ? 'PROVISIONAL: the books of this period are not closed.' : 'The books of this period are closed.',
    ...(head.unpriced > 0 ? [`${head.unpriced} lines have no value, as there was no price (${head.unpricedCode ?? ''}).`] : []),
    `SHA-256 of the content ${head.contentSha256.toString('hex')}`,
  ];
  for (const fact of facts) document.text(fact);
  document.moveDown(1);
}

const accountFields = (a: AccountRow): string[] => [a.account, a.asset, a.opening, a.change, a.closing];
const lineFields = (row: StatementRow): string[] => [
  row.at.slice(0, 19).replace('T', ' '),
  row.type,
  row.account,
  row.asset,
  row.change,
  row.balance,
  row.value ? `${row.value.amount} ${row.value.currency}` : (row.no_price ?? ''),
];

/** Rows of one height, with the titles again on each page. */
class Table {
  private columns: readonly Column[] = [];
  constructor(private readonly document: Document) {}

  begin(columns: readonly Column[]): void {
    this.columns = columns;
    this.header();
  }

  private header(): void {
    this.document.font('Helvetica-Bold').fontSize(7);
    this.print(this.columns.map((column) => column.title));
    this.document.font('Helvetica').fontSize(7);
  }

  row(fields: readonly string[]): void {
    if (this.document.y > this.document.page.height - FOOT) {
      this.document.addPage();
      this.header();
    }
    this.print(fields);
  }

  private print(fields: readonly string[]): void {
    const { y } = this.document;
    let x = MARGIN;
    for (const [index, { width, align }] of this.columns.entries()) {
      this.document.text(fields[index] ?? '', x, y, { width: width - 4, lineBreak: false, ...(align ? { align } : {}) });
      x += width;
    }
    this.document.x = MARGIN;
    this.document.y = y + 10;
  }
}
