import 'reflect-metadata';
import { RequestMethod } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { doorsOf } from './doors.js';
import { isReading } from './scopes.js';

const PATH = 'path';
const METHOD = 'method';

export interface Route {
  readonly controller: new (...args: never[]) => object;
  readonly handlerName: string;
  readonly handler: object;
  readonly method: string;
  readonly path: string;
}

const paths = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : [typeof value === 'string' ? value : '/']);
const join = (...parts: string[]): string =>
  `/${parts
    .flatMap((part) => part.split('/'))
    .filter(Boolean)
    .join('/')}`;

/** Every route of every controller of the application. */
export function routesOf(modules: ModulesContainer): Route[] {
  const controllers = new Set(
    [...modules.values()].flatMap((module) => [...module.controllers.values()].map((wrapper) => wrapper.metatype)),
  );
  return [...controllers].flatMap((controller) =>
    typeof controller === 'function' ? routesOfController(controller as Route['controller']) : [],
  );
}

function routesOfController(controller: Route['controller']): Route[] {
  const prototype = controller.prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(prototype).flatMap((handlerName) => {
    const handler = Object.getOwnPropertyDescriptor(prototype, handlerName)?.value as unknown;
    if (typeof handler !== 'function' || !Reflect.hasMetadata(METHOD, handler)) return [];
    const method = RequestMethod[Reflect.getMetadata(METHOD, handler) as number] ?? 'ALL';
    return paths(Reflect.getMetadata(PATH, controller)).flatMap((base) =>
      paths(Reflect.getMetadata(PATH, handler)).map((path) => ({ controller, handlerName, handler, method, path: join(base, path) })),
    );
  });
}

/** A room does not start with a route that nobody guards, that two doors guard, that changes something under no scope, or that lies outside its prefixes. */
export function checkRoutes(room: string, routes: readonly Route[], covered: (path: string) => boolean): void {
  const faults = routes.flatMap((route) => {
    const opened = doorsOf(route.handler, route.controller);
    const doors = opened.length;
    const unscoped = opened.some((door) => door.to === 'client' && door.scope === null) && !isReading(route.method);
    const name = `${route.method} ${route.path} (${route.controller.name}.${route.handlerName})`;
    return [
      ...(doors === 1 ? [] : [`${name} has ${doors} doors: every route needs exactly one of @Public, @ClientDoor, @StaffDoor`]),
      ...(unscoped ? [`${name} changes something: its @ClientDoor must name a scope`] : []),
      ...(covered(route.path) ? [] : [`${name} is outside the prefixes of ${room}`]),
    ];
  });
  if (faults.length > 0) throw new Error(`room ${room} cannot open:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
}
