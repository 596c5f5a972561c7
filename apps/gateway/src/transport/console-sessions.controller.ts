import { type ConsoleLink, Forbidden } from '@aet/contracts';
import { Controller, Delete, HttpCode, Post, Req, Res } from '@nestjs/common';
import { Access } from '../application/access.js';
import { setCookie } from '../domain/cookies.js';
import type { HttpReply, HttpRequest } from './http-types.js';

/** Ways into the console and out of it. */
@Controller('v1/console-sessions')
export class ConsoleSessionsController {
  constructor(private readonly access: Access) {}

  /** A link with a one-time code. Only for the token's holder: a session must not breed others. */
  @Post()
  @HttpCode(201)
  create(@Req() request: HttpRequest, @Res({ passthrough: true }) reply: HttpReply): ConsoleLink {
    if (request.proof !== 'token') throw new Forbidden('a console link is given for the bearer token only, not for a session');
    const { code, expires } = this.access.issueCode();
    void reply.header('cache-control', 'no-store');
    const url = `${request.protocol}://${request.host}/console/?code=${code}`;
    return { code, url, expiresAt: new Date(expires).toISOString() };
  }

  /** Signs this browser out. */
  @Delete()
  @HttpCode(204)
  end(@Res({ passthrough: true }) reply: HttpReply): void {
    void reply.header('set-cookie', setCookie(this.access.cookieName, '', 0));
  }
}
