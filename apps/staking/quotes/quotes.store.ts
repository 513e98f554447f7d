import { Any, type EntityManager } from 'typeorm';
import { Quote } from './quote.entity.js';

export async function insertQuote(em: EntityManager, quote: Quote): Promise<void> {
  await em.insert(Quote, quote);
}

export async function quotesById(em: EntityManager, ids: readonly string[]): Promise<Map<string, Quote>> {
  if (ids.length === 0) return new Map();
  return new Map((await em.find(Quote, { where: { id: Any(ids) } })).map((quote) => [quote.id, quote]));
}
