/**
 * CloudEvents 1.0, structured JSON. `source` is `/aet/<namespace>/<cell>/<service>`, `subject` the aggregate's id.
 * Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 */
export interface CloudEvent<T = unknown> {
  specversion: '1.0';
  id: string;
  source: string;
  type: string;
  subject: string;
  /** RFC 3339, UTC. */
  time: string;
  datacontenttype: 'application/json';
  correlationid: string;
  causationid?: string;
  traceparent?: string;
  /** Of an event of a run: SHA-256 over its predecessor's hash and itself, hex. The number behind the colon of `id` is its place. */
  hash?: string;
  data: T;
}

export interface CloudEventInput<T> {
  id: string;
  namespace: string;
  cell: string;
  service: string;
  type: string;
  subject: string;
  time: Date;
  correlationId: string;
  causationId?: string;
  traceparent?: string;
  hash?: string;
  data: T;
}

export function cloudEvent<T>(input: CloudEventInput<T>): CloudEvent<T> {
  return {
    specversion: '1.0',
    id: input.id,
    source: `/aet/${input.namespace}/${input.cell}/${input.service}`,
    type: input.type,
    subject: input.subject,
    time: input.time.toISOString(),
    datacontenttype: 'application/json',
    correlationid: input.correlationId,
    ...(input.causationId === undefined ? {} : { causationid: input.causationId }),
    ...(input.traceparent === undefined ? {} : { traceparent: input.traceparent }),
    ...(input.hash === undefined ? {} : { hash: input.hash }),
    data: input.data,
  };
}
