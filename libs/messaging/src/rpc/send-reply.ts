import { type ErrorBody, PayloadTooLarge } from '@aet/contracts';
import type { Msg } from '@nats-io/nats-core';
import { HEADER_ROOM } from './header-block.js';
import { errorHeaders } from './service-error.js';

const EMPTY = new Uint8Array();

/** A handler that returns nothing answers an empty message. @throws {PayloadTooLarge} */
export function sendResult(message: Msg, result: unknown, maxPayload: number): void {
  message.respond(encodeResult(result, message.subject, maxPayload));
}

/** @param maxPayload bytes. @throws {PayloadTooLarge} */
export function encodeResult(result: unknown, subject: string, maxPayload: number): Uint8Array {
  const payload = result === undefined ? EMPTY : Buffer.from(JSON.stringify(result));
  if (payload.length <= maxPayload) return payload;
  throw new PayloadTooLarge(
    `the reply on ${subject} has ${payload.length} bytes, the NATS server takes ${maxPayload}: ask for less at once`,
  );
}

/**
 * Sends the details only where they fit: code and message matter more.
 * @param notBegunAt unix milliseconds; undefined where something may have been done
 */
export function sendError(message: Msg, body: ErrorBody, maxPayload: number, notBegunAt?: number): void {
  const headers = errorHeaders(body, notBegunAt);
  const whole = Buffer.from(JSON.stringify(body));
  if (whole.length + HEADER_ROOM <= maxPayload) message.respond(whole, { headers });
  else message.respond(JSON.stringify(withoutDetails(body)), { headers });
}

const withoutDetails = ({ code, message, retryable }: ErrorBody): ErrorBody => ({
  code,
  message: message.slice(0, 4_096),
  retryable,
});
