import { Forbidden, Unauthenticated } from '@aet/contracts';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Access } from '../application/access.js';
import { cookieValue } from '../domain/cookies.js';
import { writeIsOwn } from '../domain/same-origin.js';
import type { HttpRequest, Proof } from './http-types.js';

const GUARDED = /^\/v1(?:\/|$)/;

/**
 * Everything under `/v1` needs a proof, by its path and not by a mark on each controller: a new route cannot be forgotten.
 * The path is that of the route which was chosen, not the one which was sent: that may be spelt in other ways (`/%761/fleet`).
 * Other paths (health, metrics, the console's files, OpenAPI) say nothing about runs and are open.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly access: Access) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<HttpRequest>();
    if (GUARDED.test(request.routeOptions.url ?? '')) request.proof = this.prove(request);
    return true;
  }

  private prove(request: HttpRequest): Proof {
    const { authorization, cookie, host, origin } = request.headers;
    const bearer = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (bearer !== undefined) {
      this.access.checkToken(bearer, request.ip);
      return 'token';
    }
    const session = cookieValue(cookie, this.access.cookieName);
    if (session === undefined || !this.access.sessionIsValid(session)) {
      throw new Unauthenticated('send the fleet\'s token as "Authorization: Bearer …", or open the console with a fresh link');
    }
    if (!writeIsOwn({ method: request.method, host, origin })) {
      throw new Forbidden("a change must come from the console's own page: its Origin is missing or another's");
    }
    return 'session';
  }
}
