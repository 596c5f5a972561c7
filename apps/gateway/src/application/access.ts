import { AetError, ErrorCode, Unauthenticated } from '@aet/contracts';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { FailedLogins, type FailedLoginPolicy } from '../domain/failed-logins.js';
import { readTicket, signTicket, type Ticket } from '../domain/signed-ticket.js';

/** What the gateway knows of the secrets. The bearer token itself is not among it. */
export interface AccessSecrets {
  /** SHA-256 of the bearer token. */
  tokenHash: Buffer;
  /** Key of the fleet that signs tickets. */
  sessionKey: string;
}
export interface AccessClock {
  now: () => number;
  nonce: () => string;
}

export const LOGIN_CODE_MS = 10 * 60_000;
export const SESSION_MS = 7 * 24 * 3_600_000;
const FAILED_LOGINS: FailedLoginPolicy = { burst: 10, refillMs: 6000 };

/** The request is refused unread, because of what came from the same address before. */
export class TooManyFailedLogins extends AetError {
  readonly code = ErrorCode.ResourceExhausted;
  override readonly retryable = true;
  constructor(readonly waitMs: number) {
    super(`too many wrong tokens or codes from this address: wait ${Math.ceil(waitMs / 1000)} s and use the right one`);
  }
}

export type Redeemed = { ok: true; session: string } | { ok: false; why: 'invalid' | 'used' | 'restarted' };

/**
 * Decides who may come in. Three proofs: the bearer token (programs), a one-time code (a person on the way into the console),
 * a session (the console afterwards). Codes and sessions are signed, not kept: a session outlives the gateway's process, and ends when
 * the token or the session key is replaced, as both make the signing key. A code works once: the used ones are remembered, and since that
 * memory ends with the process, a code of an earlier process is refused and the page says why.
 */
export class Access {
  private readonly key: Buffer;
  private readonly issuer: string;
  private readonly used = new Map<string, number>();
  private readonly failures = new FailedLogins(FAILED_LOGINS);
  /** Cookies know no ports: two fleets on one machine must not overwrite each other's. */
  readonly cookieName: string;

  constructor(
    private readonly secrets: AccessSecrets,
    private readonly clock: AccessClock,
  ) {
    this.key = createHmac('sha256', secrets.sessionKey).update(secrets.tokenHash).digest();
    this.cookieName = `aet_session_${createHmac('sha256', secrets.sessionKey).update('cookie').digest('hex').slice(0, 8)}`;
    this.issuer = clock.nonce();
  }

  /** @throws {Unauthenticated | TooManyFailedLogins} */
  checkToken(token: string, address: string): void {
    this.refuseTooMany(address);
    const presented = createHash('sha256').update(token).digest();
    if (presented.length === this.secrets.tokenHash.length && timingSafeEqual(presented, this.secrets.tokenHash)) return;
    this.failures.failed(address, presented.toString('base64'), this.clock.now());
    throw new Unauthenticated("the bearer token is wrong: use the content of this fleet's gateway.token file");
  }

  sessionIsValid(session: string): boolean {
    return readTicket(this.key, 'session', session, this.clock.now()) !== undefined;
  }

  issueCode(): { code: string; expires: number } {
    const ticket: Ticket = { expires: this.clock.now() + LOGIN_CODE_MS, nonce: this.clock.nonce(), issuer: this.issuer };
    return { code: signTicket(this.key, 'login-code', ticket), expires: ticket.expires };
  }

  /** Exchanges a code for a session. @throws {TooManyFailedLogins} */
  redeem(code: string, address: string): Redeemed {
    this.refuseTooMany(address);
    const now = this.clock.now();
    const ticket = readTicket(this.key, 'login-code', code, now);
    if (ticket === undefined) {
      this.failures.failed(address, createHash('sha256').update(code).digest('base64'), now);
      return { ok: false, why: 'invalid' };
    }
    if (ticket.issuer !== this.issuer) return { ok: false, why: 'restarted' };
    if (this.used.has(ticket.nonce)) return { ok: false, why: 'used' };
    this.markUsed(ticket, now);
    return { ok: true, session: signTicket(this.key, 'session', { expires: now + SESSION_MS, nonce: this.clock.nonce() }) };
  }

  /** Codes past their time are refused for that reason, so they need no memory. */
  private markUsed(ticket: Ticket, now: number): void {
    for (const [nonce, expires] of this.used) if (expires <= now) this.used.delete(nonce);
    this.used.set(ticket.nonce, ticket.expires);
  }

  private refuseTooMany(address: string): void {
    const waitMs = this.failures.waitMs(address, this.clock.now());
    if (waitMs > 0) throw new TooManyFailedLogins(waitMs);
  }
}
