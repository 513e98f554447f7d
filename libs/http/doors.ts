import 'reflect-metadata';
import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiBearerAuth } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { InvariantBroken } from '#kernel';
import type { Scope } from './scopes.js';

export const staffRoles = ['officer', 'senior_officer', 'mlro', 'treasury', 'signer_admin', 'auditor', 'support'] as const;
export type StaffRole = (typeof staffRoles)[number];

export interface ClientCaller {
  readonly kind: 'client';
  readonly clientId: string;
  readonly keyId: string;
  /** What this key may do. */
  readonly scopes: readonly Scope[];
}
export interface StaffCaller {
  readonly kind: 'staff';
  readonly staffId: string;
  readonly name: string;
  readonly roles: readonly StaffRole[];
}
export type Caller = ClientCaller | StaffCaller;

/** Who may pass: everybody, clients by a key with this scope (null: routes that only look), or staff of one of these roles (any when none is named). */
export type Door =
  | { readonly to: 'public' }
  | { readonly to: 'client'; readonly scope: Scope | null }
  | { readonly to: 'staff'; readonly roles: readonly StaffRole[] };

export const DOORS = 'bailee:doors';

const door = (opened: Door, ...others: (ClassDecorator | MethodDecorator)[]): ClassDecorator & MethodDecorator =>
  applyDecorators(append(opened), ...others);

/** Collects rather than overwrites, so that a route with two doors is seen at boot. */
function append(opened: Door): ClassDecorator & MethodDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    const holder = (descriptor?.value as object | undefined) ?? target;
    const doors = (Reflect.getOwnMetadata(DOORS, holder) as Door[] | undefined) ?? [];
    SetMetadata(DOORS, [...doors, opened])(holder as never);
  };
}

/** Open to anybody. */
export const Public = (): ClassDecorator & MethodDecorator => door({ to: 'public' });
/** A client with an API key; it sees only what is its own. Routes that change something name the scope that the key must have. */
export const ClientDoor = (scope: Scope | null = null): ClassDecorator & MethodDecorator =>
  door({ to: 'client', scope }, ApiBearerAuth('client'));
/** Staff with at least one of the roles; any staff when none is named. */
export const StaffDoor = (...roles: StaffRole[]): ClassDecorator & MethodDecorator => door({ to: 'staff', roles }, ApiBearerAuth('staff'));

/** The doors of a route: its own, else those of its controller. Exactly one is right; checked at boot. */
export function doorsOf(handler: object, controller: object): readonly Door[] {
  const own = Reflect.getMetadata(DOORS, handler) as Door[] | undefined;
  return own ?? (Reflect.getMetadata(DOORS, controller) as Door[] | undefined) ?? [];
}

const callers = new WeakMap<object, Caller>();
export const rememberCaller = (request: FastifyRequest, caller: Caller): void => void callers.set(request, caller);
export const callerOf = (request: FastifyRequest): Caller | undefined => callers.get(request);

const requestOf = (context: ExecutionContext): FastifyRequest => context.switchToHttp().getRequest<FastifyRequest>();

function callerHere(context: ExecutionContext): Caller {
  const caller = callerOf(requestOf(context));
  if (!caller) throw new InvariantBroken('caller.absent', { reason: 'CurrentCaller on a public door' });
  return caller;
}

/** Who is calling. On a client or staff door only. */
export const CurrentCaller = createParamDecorator((_data: unknown, context: ExecutionContext) => callerHere(context));

/** The client that is calling. On a client door only. */
export const CurrentClient = createParamDecorator((_data: unknown, context: ExecutionContext): ClientCaller => {
  const caller = callerHere(context);
  if (caller.kind !== 'client') throw new InvariantBroken('caller.not_a_client');
  return caller;
});

/** The member of staff that is calling. On a staff door only. */
export const CurrentStaff = createParamDecorator((_data: unknown, context: ExecutionContext): StaffCaller => {
  const caller = callerHere(context);
  if (caller.kind !== 'staff') throw new InvariantBroken('caller.not_staff');
  return caller;
});

/** The id under which the caller acts: of the client or of the member of staff. */
export const subjectOf = (caller: Caller): string => (caller.kind === 'client' ? caller.clientId : caller.staffId);
