import type { Handler } from '../http.js';
import { badRequest, listed } from './beacon-views.js';
import type { Chain, ChainEvent } from './chain.js';

/** Server-sent events of the topics asked for. */
export const serveEvents =
  (chain: Chain): Handler =>
  ({ query, request, response }) => {
    const topics = new Set(listed(query, 'topics'));
    if (topics.size === 0) throw badRequest('topics missing');
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    response.flushHeaders();
    const forward = (event: ChainEvent, data: unknown): void => {
      if (topics.has(event)) response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    chain.events.on('event', forward);
    request.on('close', () => chain.events.off('event', forward));
  };
