/** PostgreSQL's classes of lost connections, exhausted resources, shutdowns and lock time-outs, and what sockets say. */
const CODES = /^(08...|53...|57P0[1-5]|40001|40P01|55P03|25P03|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)$/;
/** What pg says without a code. */
const WORDS =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Driver not Connected)/;

/** Whether an error of the database's is one that may pass by itself, so that the same request may succeed later. */
export function isPassingTrouble(error: unknown): boolean {
  const holder = ((error as { driverError?: unknown } | null)?.driverError ?? error) as { code?: unknown; message?: unknown } | null;
  if (typeof holder?.code === 'string' && CODES.test(holder.code)) return true;
  return typeof holder?.message === 'string' && WORDS.test(holder.message);
}
