import { randomBytes, randomUUID } from 'node:crypto';
import { Header } from '@aet/contracts';
import { correlation, traceHeaders } from '@aet/telemetry';
import { type MsgHdrs, headers } from '@nats-io/nats-core';

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

/** Version 00, not sampled. Source: W3C Trace Context. */
const newTraceparent = (): string => `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-00`;
