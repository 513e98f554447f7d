import { IsNull, type EntityManager } from 'typeorm';
import { Product } from './product.entity.js';

export const allProducts = (em: EntityManager): Promise<Product[]> => em.find(Product, { order: { id: 'ASC' } });
/** A product for one client does not exist for others. */
export const isFor = (product: Product, clientId: string): boolean => product.clientId === null || product.clientId === clientId;
export const productOf = (em: EntityManager, id: string): Promise<Product | null> => em.findOneBy(Product, { id });
/** Of a pool that anybody may see. */
export const publicProductOf = (em: EntityManager, poolId: string): Promise<Product | null> =>
  em.findOneBy(Product, { poolId, clientId: IsNull() });
export const productOfPool = (em: EntityManager, poolId: string): Promise<Product | null> => em.findOneBy(Product, { poolId });
