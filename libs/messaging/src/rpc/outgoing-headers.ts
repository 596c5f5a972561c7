import { randomUUID } from 'node:crypto';
import { Header, ValidationFailed } from '@aet/contracts';
import { correlation, traceHeaders } from '@aet/telemetry';
import { type MsgHdrs, headers } from '@nats-io/nats-core';
import { HeaderBlock } from './header-block.js';
import { randomHex } from './random-hex.js';

export interface OutgoingOptions {
  correlationId?: string | undefined;
  /** Unix milliseconds. */
  deadline?: number | undefined;
}

/**
 * The headers of every message that leaves: the work that it belongs to, and its trace.
 * Where there is no trace one is begun, so that the logs of both sides can be joined.
 */
export function outgoingHeaders(options: OutgoingOptions = {}): MsgHdrs {
  const out = headers();
  out.set(Header.CorrelationId, options.correlationId ?? correlation.current()?.correlationId ?? randomUUID());
  if (options.deadline !== undefined) out.set(Header.Deadline, String(Math.floor(options.deadline)));
  const { traceparent = newTraceparent(), tracestate } = traceHeaders();
  out.set(Header.TraceParent, traceparent);
  if (tracestate !== undefined) out.set(Header.TraceState, tracestate);
  return out;
}

/**
 * The same for a call, as text: a call is made often, and its few headers are known.
 * @param more `name: value` lines, each ended
 */
export function callHeaders(options: OutgoingOptions, more = ''): MsgHdrs {
  const correlationId = options.correlationId ?? correlation.current()?.correlationId ?? randomUUID();
  const { traceparent = newTraceparent(), tracestate } = traceHeaders();
  let lines = `${Header.CorrelationId}: ${oneLine(correlationId)}\r\n${Header.TraceParent}: ${traceparent}\r\n${more}`;
  if (options.deadline !== undefined) lines += `${Header.Deadline}: ${Math.floor(options.deadline)}\r\n`;
  if (tracestate !== undefined) lines += `${Header.TraceState}: ${oneLine(tracestate)}\r\n`;
  return HeaderBlock.of(lines);
}

/** A value with a line's end would add headers of its own. */
export function oneLine(value: string): string {
  if (!/[\r\n]/.test(value)) return value;
  const message = 'must be one line';
  throw new ValidationFailed(`what a message carries in a header ${message}`, [{ path: 'header', rule: 'header', message }]);
}

/** Version 00, not sampled. Source: W3C Trace Context. */
const newTraceparent = (): string => `00-${randomHex(32)}-${randomHex(16)}-00`;
