import { NotFound } from '@aet/contracts';
import { Controller, Get, Headers, Req, Res } from '@nestjs/common';
import { Access, SESSION_MS } from '../application/access.js';
import { type ConsoleFile, ConsolePages } from '../application/console-pages.js';
import { setCookie } from '../domain/cookies.js';
import { type NoticeKind, noticePage } from './notice-page.js';
import type { HttpReply, HttpRequest } from './http-types.js';

/** No inline script or style, nothing from elsewhere, no frame around it. */
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const SECURITY_HEADERS = {
  'content-security-policy': CSP,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;
const NOTICE_STATUS: Record<NoticeKind, number> = { invalid: 401, used: 401, restarted: 401, unbuilt: 503 };

/** The console's files, and the exchange of a one-time code for a session on the way in. */
@Controller()
export class ConsoleController {
  constructor(
    private readonly files: ConsolePages,
    private readonly access: Access,
  ) {}

  @Get()
  async root(@Res() reply: HttpReply): Promise<void> {
    await reply.redirect('/console/', 302);
  }

  @Get('console')
  async bare(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    await this.serve(request, reply);
  }

  @Get('console/*')
  async file(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    await this.serve(request, reply);
  }

  @Get('favicon.ico')
  async favicon(@Res() reply: HttpReply, @Headers() headers: Record<string, string | undefined>): Promise<void> {
    await this.send(this.files.find('favicon.svg'), headers, reply);
  }

  private async serve(request: HttpRequest, reply: HttpReply): Promise<void> {
    const url = new URL(request.url, 'http://console');
    const code = url.searchParams.get('code');
    if (code !== null) return this.enter(code, url.pathname, request, reply);
    if (url.pathname === '/console') return void (await reply.redirect('/console/', 302));
    if (!this.files.present) return this.notice('unbuilt', reply);
    const path = url.pathname.slice('/console/'.length);
    await this.send(this.files.find(path === '' ? 'index.html' : path), request.headers, reply);
  }

  /** The answer to a good code is a redirect: the code is gone from the address bar and from the history. */
  private async enter(code: string, path: string, request: HttpRequest, reply: HttpReply): Promise<void> {
    const redeemed = this.access.redeem(code, request.ip);
    if (!redeemed.ok) return this.notice(redeemed.why, reply);
    await reply
      .headers({ ...SECURITY_HEADERS, 'cache-control': 'no-store' })
      .header('set-cookie', setCookie(this.access.cookieName, redeemed.session, SESSION_MS / 1000))
      .redirect(path === '/console' ? '/console/' : path, 303);
  }

  private async notice(kind: NoticeKind, reply: HttpReply): Promise<void> {
    const page = noticePage(kind);
    await reply
      .status(NOTICE_STATUS[kind])
      .headers({ ...SECURITY_HEADERS, 'cache-control': 'no-store', 'content-security-policy': page.csp })
      .type('text/html; charset=utf-8')
      .send(page.html);
  }

  private async send(file: ConsoleFile | undefined, headers: HttpRequest['headers'], reply: HttpReply): Promise<void> {
    if (file === undefined) throw new NotFound('the console has no such file');
    void reply
      .headers(SECURITY_HEADERS)
      .header('etag', file.etag)
      .header('vary', 'accept-encoding')
      .header('cache-control', file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
      .type(file.mediaType);
    if (headers['if-none-match'] === file.etag) return void (await reply.status(304).send());
    const zip = file.gzip !== undefined && /\bgzip\b/.test(headers['accept-encoding'] ?? '') ? file.gzip : undefined;
    if (zip !== undefined) void reply.header('content-encoding', 'gzip');
    await reply.send(zip ?? file.body);
  }
}
