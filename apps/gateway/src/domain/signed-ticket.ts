import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a ticket is for. A ticket of one kind never passes as the other: the kind is part of what is signed. */
export type TicketKind = 'session' | 'login-code';

export interface Ticket {
  /** Unix milliseconds; not valid from then on. */
  expires: number;
  /** Random; tells tickets apart. */
  nonce: string;
  /** The process that gave it, where that matters. */
  issuer?: string;
}

const signature = (key: Buffer, kind: TicketKind, body: string): Buffer =>
  createHmac('sha256', key).update(`${kind}.${body}`).digest();

/** `<body>.<HMAC-SHA-256>`, both base64url: safe in a cookie and in a URL. */
export function signTicket(key: Buffer, kind: TicketKind, ticket: Ticket): string {
  const body = Buffer.from(JSON.stringify(ticket)).toString('base64url');
  return `${body}.${signature(key, kind, body).toString('base64url')}`;
}

/** The ticket, when its signature is ours and its time is not over. */
export function readTicket(key: Buffer, kind: TicketKind, text: string, now: number): Ticket | undefined {
  const [body, given, ...more] = text.split('.');
  if (body === undefined || given === undefined || more.length > 0) return undefined;
  const wanted = signature(key, kind, body);
  const presented = Buffer.from(given, 'base64url');
  if (presented.length !== wanted.length || !timingSafeEqual(presented, wanted)) return undefined;
  const ticket = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Ticket;
  return ticket.expires > now ? ticket : undefined;
}
