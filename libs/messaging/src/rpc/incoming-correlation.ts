import { randomUUID } from 'node:crypto';
import { Header, ValidationFailed } from '@aet/contracts';
import { type Deadline, parseDeadline } from '@aet/resilience';
import type { Correlation } from '@aet/telemetry';
import type { HeaderReader } from './incoming-headers.js';

/** A longer one is not an id but an attack on the logs. */
const MAX_ID_LENGTH = 128;

/** What a message says of the work that it belongs to. A message without a correlation id begins one. @throws {ValidationFailed} */
export function incomingCorrelation(headers: HeaderReader | undefined): Correlation {
  const deadline = readDeadline(headers);
  const found: Correlation = { correlationId: readId(headers, Header.CorrelationId) ?? randomUUID() };
  const causationId = readId(headers, Header.CausationId);
  if (causationId !== undefined) found.causationId = causationId;
  const traceparent = read(headers, Header.TraceParent);
  if (traceparent !== undefined) found.traceparent = traceparent;
  const tracestate = read(headers, Header.TraceState);
  if (tracestate !== undefined) found.tracestate = tracestate;
  if (deadline !== undefined) found.deadline = deadline;
  return found;
}

function readDeadline(headers: HeaderReader | undefined): Deadline {
  const text = read(headers, Header.Deadline);
  if (text === undefined) return undefined;
  const deadline = parseDeadline(text, Date.now());
  if (deadline !== 'invalid') return deadline;
  const message = `must be a time in unix milliseconds, such as ${Date.now() + 5_000}`;
  throw new ValidationFailed(`the header ${Header.Deadline} ${message}`, [{ path: Header.Deadline, rule: 'deadline', message }]);
}

const readId = (headers: HeaderReader | undefined, name: string): string | undefined =>
  read(headers, name)?.slice(0, MAX_ID_LENGTH);

function read(headers: HeaderReader | undefined, name: string): string | undefined {
  const value = headers?.get(name);
  return value === '' ? undefined : value;
}
