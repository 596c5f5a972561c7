/** Headers on every message. `Error*` are those of ADR-32 (NATS services). */
export const Header = {
  TraceParent: 'traceparent',
  TraceState: 'tracestate',
  CorrelationId: 'Aet-Correlation-Id',
  CausationId: 'Aet-Causation-Id',
  /** Unix milliseconds. A passed deadline means: do not start. */
  Deadline: 'Aet-Deadline',
  /** On a request: its sender reads a stream of replies, of which so many may be sent before it grants more. */
  StreamCredit: 'Aet-Stream-Credit',
  /** On a reply of a stream: a `StreamPart`. */
  Stream: 'Aet-Stream',
  /** On a reply of a stream: so many items have been sent, this one included. */
  StreamSequence: 'Aet-Stream-Sequence',
  /** On an error: nothing was done for the request. The time by the clock of whoever refused it, in unix milliseconds. */
  NotBegunAt: 'Aet-Not-Begun-At',
  MessageId: 'Nats-Msg-Id',
  ErrorCode: 'Nats-Service-Error-Code',
  Error: 'Nats-Service-Error',
} as const;

/** What a reply of a stream is. An error ends a stream as it ends a call, by the headers of ADR-32. */
export const StreamPart = {
  Item: 'item',
  /** Nothing but a sign of life. */
  Idle: 'idle',
  /** No more will come. */
  End: 'end',
} as const;
export type StreamPart = (typeof StreamPart)[keyof typeof StreamPart];
