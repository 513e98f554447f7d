import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { accept, InvariantBroken, refuse, Refused, type Clock } from '#kernel';
import type { Authenticator } from './authenticator.js';
import { rawBodyOf } from './body.js';
import { doorsOf, rememberCaller, subjectOf, type Caller, type Door } from './doors.js';
import type { RateLimiter } from './rate-limit.js';
import { checkSignature, isSigned, readSignature } from './request-signature.js';
import { isReading, type Scope } from './scopes.js';

/** Lets a request through its route's door, or refuses: auth.missing, auth.invalid, auth.signature_…, auth.scope_missing, auth.forbidden, rate_limited. */
export class Doorkeeper implements CanActivate {
  private readonly doors = new Map<object, Door>();

  constructor(
    private readonly authenticator: Authenticator,
    private readonly limiter: RateLimiter,
    private readonly clock: Clock,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const door = this.doorOf(context.getHandler(), context.getClass());
    if (door.to === 'public') {
      this.count(`ip:${request.ip}`, reply);
      return true;
    }
    const caller = await this.identify(request, reply);
    this.count(subjectOf(caller), reply);
    if (!mayPass(door, caller)) throw refused('auth.forbidden', forbidden(door));
    const scope = scopeFor(door, request.method);
    if (scope !== null && caller.kind === 'client' && !caller.scopes.includes(scope))
      throw refused('auth.scope_missing', `This needs a key with the scope ${scope}.`, { scope, key_scopes: [...caller.scopes] });
    rememberCaller(request, caller);
    return true;
  }

  private doorOf(handler: object, controller: object): Door {
    const known = this.doors.get(handler);
    if (known) return known;
    const [door, ...others] = doorsOf(handler, controller);
    if (!door || others.length > 0) throw new InvariantBroken('route.without_one_door');
    this.doors.set(handler, door);
    return door;
  }

  private async identify(request: FastifyRequest, reply: FastifyReply): Promise<Caller> {
    const header = request.headers.authorization;
    if (header === undefined) {
      if (isSigned(request.headers)) return this.signer(request, reply);
      this.count(`ip:${request.ip}`, reply);
      reply.header('www-authenticate', 'Bearer');
      throw refused('auth.missing', 'Send the header Authorization: Bearer <API key>, or sign the request (Signature-Input, Signature).');
    }
    const token = /^Bearer +(\S+)$/i.exec(header)?.[1];
    const caller = token === undefined ? null : await this.authenticator.callerOf(token);
    if (caller) return caller;
    this.count(`ip:${request.ip}`, reply); // guessing is slowed down by where it comes from
    reply.header('www-authenticate', 'Bearer error="invalid_token"');
    throw refused('auth.invalid', 'The token is unknown or has been revoked.');
  }

  /** Whoever signed the request; what is wrong with a signature counts against where it comes from. */
  private async signer(request: FastifyRequest, reply: FastifyReply): Promise<Caller> {
    const { method, url, headers } = request;
    try {
      const signature = accept(readSignature({ method, url, headers, body: rawBodyOf(request) }));
      const signer = await this.authenticator.signerOf(signature.keyId);
      if (signer === null)
        throw refused('auth.invalid', 'The key that keyid names is unknown, revoked or expired, or is not one that signs.');
      accept(checkSignature(signature, signer.publicKey, Math.floor(this.clock.now().getTime() / 1000)));
      return signer.caller;
    } catch (error) {
      if (error instanceof Refused) this.count(`ip:${request.ip}`, reply);
      throw error;
    }
  }

  /** RateLimit headers of draft-ietf-httpapi-ratelimit-headers; throws Refused when the caller has none left. */
  private count(caller: string, reply: FastifyReply): void {
    const allowance = this.limiter.take(caller);
    if (allowance.limit === 0) return;
    reply.header('ratelimit-policy', `"caller";q=${allowance.limit};w=60`);
    reply.header('ratelimit', `"caller";r=${allowance.remaining};t=${allowance.retryAfterSeconds}`);
    if (!allowance.allowed) {
      throw refused('rate_limited', `At most ${allowance.limit} requests a minute.`, { retry_after_s: allowance.retryAfterSeconds });
    }
  }
}

const refused = (code: string, detail: string, facts: Record<string, unknown> = {}): Refused =>
  new Refused(refuse(code, detail, facts).refusal);

function mayPass(door: Door, caller: Caller): boolean {
  if (door.to === 'public') return true;
  if (door.to === 'client') return caller.kind === 'client';
  return caller.kind === 'staff' && (door.roles.length === 0 || door.roles.some((role) => caller.roles.includes(role)));
}

const scopeFor = (door: Door, method: string): Scope | null => (door.to !== 'client' ? null : isReading(method) ? 'read' : door.scope);

function forbidden(door: Door): string {
  if (door.to !== 'staff') return 'This is for clients.';
  return door.roles.length === 0 ? 'This is for staff.' : `This needs the role ${door.roles.join(' or ')}.`;
}
