import { randomUUID } from 'node:crypto';
import { Header, ValidationFailed } from '@aet/contracts';
import { type Deadline, parseDeadline } from '@aet/resilience';
import type { Correlation } from '@aet/telemetry';
import type { MsgHdrs } from '@nats-io/nats-core';

/** A longer one is not an id but an attack on the logs. */
const MAX_ID_LENGTH = 128;

/** What a message says of the work that it belongs to. A message without a correlation id begins one. @throws {ValidationFailed} */
export function incomingCorrelation(headers: MsgHdrs | undefined): Correlation {
  const deadline = readDeadline(headers);
  return {
    correlationId: readId(headers, Header.CorrelationId) ?? randomUUID(),
    ...optional('causationId', readId(headers, Header.CausationId)),
    ...optional('traceparent', read(headers, Header.TraceParent)),
    ...optional('tracestate', read(headers, Header.TraceState)),
    ...(deadline === undefined ? {} : { deadline }),
  };
}

function readDeadline(headers: MsgHdrs | undefined): Deadline {
  const text = read(headers, Header.Deadline);
  if (text === undefined) return undefined;
  const deadline = parseDeadline(text, Date.now());
  if (deadline !== 'invalid') return deadline;
  const message = `must be a time in unix milliseconds, such as ${Date.now() + 5_000}`;
  throw new ValidationFailed(`the header ${Header.Deadline} ${message}`, [{ path: Header.Deadline, rule: 'deadline', message }]);
}

const readId = (headers: MsgHdrs | undefined, name: string): string | undefined => read(headers, name)?.slice(0, MAX_ID_LENGTH);

function read(headers: MsgHdrs | undefined, name: string): string | undefined {
  const value = headers?.get(name);
  return value === '' ? undefined : value;
}

const optional = <K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> =>
  value === undefined ? {} : ({ [key]: value } as Record<K, string>);
