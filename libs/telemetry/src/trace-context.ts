import {
  context,
  isSpanContextValid,
  propagation,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { correlation } from './correlation.js';

/** W3C trace context: `version-traceid-spanid-flags`; neither id is all zeros. */
const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/;

export interface TraceIds {
  traceId: string;
  spanId: string;
}

export function parseTraceparent(text: string | undefined): TraceIds | undefined {
  if (text === undefined) return undefined;
  const match = TRACEPARENT.exec(text);
  const [, traceId, spanId] = match ?? [];
  return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId };
}

/** Of the span that is active here, else of the message that is being worked on. */
export function currentTrace(): TraceIds | undefined {
  const span = trace.getActiveSpan()?.spanContext();
  if (span !== undefined && isSpanContextValid(span)) return { traceId: span.traceId, spanId: span.spanId };
  return parseTraceparent(correlation.current()?.traceparent);
}

/** Headers for a message that leaves. Without a tracer in this process the incoming trace context is passed through unchanged. */
export function traceHeaders(): { traceparent?: string; tracestate?: string } {
  const carrier: { traceparent?: string; tracestate?: string } = {};
  propagation.inject(context.active(), carrier);
  if (carrier.traceparent !== undefined) return carrier;
  const { traceparent, tracestate } = correlation.current() ?? {};
  if (traceparent === undefined) return carrier;
  if (parseTraceparent(traceparent) !== undefined) carrier.traceparent = traceparent;
  if (tracestate !== undefined) carrier.tracestate = tracestate;
  return carrier;
}

/** Undefined while no tracer runs in this process: then a span would be made, passed on and ended for nothing. */
function runningTracer(): Tracer | undefined {
  const provider = trace.getTracerProvider();
  return provider instanceof ProxyTracerProvider ? provider.getDelegateTracer(TRACER) : provider.getTracer(TRACER);
}
const TRACER = 'aet';

/** Runs `fn` in a span that continues the trace of an incoming message. Costs next to nothing while no tracer runs. */
export function inSpan<T>(
  name: string,
  headers: { traceparent?: string; tracestate?: string },
  fn: () => Promise<T>,
): Promise<T> {
  const tracer = runningTracer();
  if (tracer === undefined) return fn();
  const parent = propagation.extract(ROOT_CONTEXT, headers);
  return tracer.startActiveSpan(name, {}, parent, async (span) => {
    try {
      return await fn();
    } catch (error) {
      span.recordException(error as Error);
      throw error;
    } finally {
      span.end();
    }
  });
}
