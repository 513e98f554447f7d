/** The published rules of the universal layout that tax tools import, as a check of a whole file. docs/statements.md names the sources. */
const HEADER =
  'Date,Sent Amount,Sent Currency,Received Amount,Received Currency,Fee Amount,Fee Currency,Net Worth Amount,Net Worth Currency,Label,Description,TxHash';
const LABELS = {
  received: new Set(['', 'airdrop', 'fork', 'mining', 'reward', 'income', 'lending interest', 'cashback', 'fee refund', 'salary']),
  sent: new Set(['', 'gift', 'lost', 'donation', 'cost', 'tax', 'margin fee', 'loan fee']),
};
const AMOUNT = /^\d+(\.\d{1,18})?$/;
const CURRENCY = /^[A-Z][A-Z0-9]{1,9}$/;

export interface TaxRecord {
  readonly at: Date;
  readonly sent: string;
  readonly received: string;
  readonly currency: string;
  readonly worth: string;
  readonly worthCurrency: string;
  readonly label: string;
  readonly description: string;
  readonly txHash: string;
}

/** RFC 4180. */
export function csvRecords(text: string): string[][] {
  const records: string[][] = [];
  let [record, field, quoted]: [string[], string, boolean] = [[], '', false];
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? '';
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') [field, i] = [field + '"', i + 1];
      else if (c === '"') quoted = false;
      else field += c;
    } else if (c === '"') quoted = true;
    else if (c === ',') [record, field] = [[...record, field], ''];
    else if (c === '\n') {
      records.push([...record, field.replace(/\r$/, '')]);
      [record, field] = [[], ''];
    } else field += c;
  }
  return records;
}

/** Reads a file as an importer would, and throws at the first thing that one would not take. */
export function importTaxFile(text: string): TaxRecord[] {
  const [header, ...rows] = csvRecords(text);
  if (header?.join(',') !== HEADER) throw new Error(`header: ${header?.join(',') ?? ''}`);
  return rows.map((row, index) => {
    const wrong = (what: string): Error => new Error(`row ${index + 2}: ${what}: ${row.join('|')}`);
    if (row.length !== 12) throw wrong('not twelve fields');
    const [
      date = '',
      sent = '',
      sentOf = '',
      got = '',
      gotOf = '',
      fee = '',
      feeOf = '',
      worth = '',
      worthOf = '',
      label = '',
      description = '',
      txHash = '',
    ] = row;
    if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} UTC$/.test(date)) throw wrong('date');
    const at = new Date(`${date.slice(0, 10)}T${date.slice(11, 19)}Z`);
    if (Number.isNaN(at.getTime())) throw wrong('date');
    for (const [amount, of] of [
      [sent, sentOf],
      [got, gotOf],
      [fee, feeOf],
      [worth, worthOf],
    ] as const) {
      if ((amount === '') !== (of === '')) throw wrong('an amount has a currency and a currency an amount');
      if (amount !== '' && (!AMOUNT.test(amount) || !CURRENCY.test(of))) throw wrong('amount or currency');
    }
    if (sent === '' && got === '') throw wrong('nothing moves');
    if ([sent, got].some((amount) => amount !== '' && /^0(\.0+)?$/.test(amount))) throw wrong('zero');
    if (!LABELS[sent === '' ? 'received' : 'sent'].has(label)) throw wrong('label');
    return { at, sent, received: got, currency: sent === '' ? gotOf : sentOf, worth, worthCurrency: worthOf, label, description, txHash };
  });
}
