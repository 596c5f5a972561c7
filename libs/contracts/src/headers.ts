/** Headers on every message. `Error*` are those of ADR-32 (NATS services). */
export const Header = {
  TraceParent: 'traceparent',
  TraceState: 'tracestate',
  CorrelationId: 'Aet-Correlation-Id',
  CausationId: 'Aet-Causation-Id',
  /** Unix milliseconds. A passed deadline means: do not start. */
  Deadline: 'Aet-Deadline',
  MessageId: 'Nats-Msg-Id',
  ErrorCode: 'Nats-Service-Error-Code',
  Error: 'Nats-Service-Error',
} as const;
