/** One HTTP exchange with a node, with an end to how long it may take and how much it may bring. */
export interface Limits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
}

/** Why there was no whole answer. */
export class NoReply extends Error {
  override readonly name = 'NoReply';
}

/** Redirects are refused: an answer from elsewhere is not the node's. Throws NoReply. */
export async function ask(url: string, body: unknown, { timeoutMs, maxBytes }: Limits): Promise<Reply> {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((cause: unknown) => {
    throw new NoReply('no answer', { cause });
  });
  return { status: response.status, text: await readBody(response, maxBytes) };
}

async function readBody(response: Response, maxBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of response.body ?? []) {
      length += part.byteLength;
      if (length > maxBytes) break; // leaving the loop closes the connection
      parts.push(part);
    }
  } catch (cause) {
    throw new NoReply('the answer broke off', { cause });
  }
  if (length > maxBytes) throw new NoReply(`the answer is longer than ${maxBytes} bytes`);
  return Buffer.concat(parts).toString('utf8');
}
