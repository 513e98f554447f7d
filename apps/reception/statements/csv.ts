const DECIMAL = /^-?\d+(\.\d+)?$/;

/** RFC 4180. A text that a spreadsheet would take for a formula is shown as text; a negative amount stays a number. */
export function csvField(text: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(text) && !DECIMAL.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csvRow = (fields: readonly string[]): string => `${fields.map(csvField).join(',')}\r\n`;
