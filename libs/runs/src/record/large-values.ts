import {
  INLINE_PAYLOAD_BYTES,
  isPayloadRef,
  LARGEST_PAYLOAD_BYTES,
  type PayloadRef,
  PayloadTooLarge,
  type RunEvent,
  RunEventType,
} from '@aet/contracts';
import { createHash } from 'node:crypto';

/** A value that is too large for the log, as its store keeps it. */
export interface LargeValue {
  ref: PayloadRef;
  /** The JSON text: the checksum covers it. */
  text: string;
}

/** What is small enough stays; a larger value becomes a reference, and `large` gets it. @throws {PayloadTooLarge} */
export function lighten(value: unknown, cell: string, large: LargeValue[], what = 'a value'): unknown {
  if (!mayBeLarge(value)) return value;
  const text = JSON.stringify(value);
  return Buffer.byteLength(text) <= INLINE_PAYLOAD_BYTES ? value : referenceTo(text, cell, large, what);
}

/** @throws {PayloadTooLarge} */
function referenceTo(text: string, cell: string, large: LargeValue[], what: string): PayloadRef {
  const bytes = Buffer.byteLength(text);
  if (bytes > LARGEST_PAYLOAD_BYTES)
    throw new PayloadTooLarge(
      `${what} has ${bytes} bytes, ${LARGEST_PAYLOAD_BYTES} are allowed: store it as an artifact or a file, and pass its name`,
    );
  const ref: PayloadRef = { $payload: { sha256: createHash('sha256').update(text).digest('hex'), bytes, cell } };
  large.push({ ref, text });
  return ref;
}

/** About what a reference takes: what is smaller gains nothing. */
const REFERENCE_BYTES = 160;

/** Inputs stay a map by name: of one that is too large together, the largest values go first, until it is not. @throws {PayloadTooLarge} */
export function lightenEach(
  values: Record<string, unknown>,
  cell: string,
  large: LargeValue[],
  what = 'input',
): Record<string, unknown> {
  if (!mayBeLarge(values)) return values;
  const sizes = Object.entries(values).map(([name, value]) => ({
    name,
    bytes: Buffer.byteLength(JSON.stringify(value ?? null)),
  }));
  let total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const light = { ...values };
  for (const { name, bytes } of sizes.toSorted((a, b) => b.bytes - a.bytes)) {
    if (total <= INLINE_PAYLOAD_BYTES || bytes <= REFERENCE_BYTES) return light;
    light[name] = referenceTo(JSON.stringify(values[name]), cell, large, `${what} "${name}"`);
    total -= bytes - REFERENCE_BYTES;
  }
  return light;
}

/**
 * An event as the log may hold it: each of its values that is over the limit is a reference. What lies behind the references stands in `large`,
 * and has to be stored before the event is. The same object when nothing is large. @throws {PayloadTooLarge}
 */
export function lightEvent<E extends RunEvent>(event: E, cell: string, large: LargeValue[]): E {
  const value = (name: string): object =>
    lightened(event.data, name, (found) => lighten(found, cell, large, placeOf(event, name)));
  const map = (name: string): object =>
    lightened(event.data, name, (found) => lightenEach(found as Record<string, unknown>, cell, large));
  switch (event.type) {
    case RunEventType.Submitted:
    case RunEventType.ChildRequested:
      return changed(event, map('inputs'));
    case RunEventType.AttemptScheduled:
      return changed(event, { ...value('input'), ...value('saved') });
    case RunEventType.AttemptSaved:
      return changed(event, value('saved'));
    case RunEventType.SignalReceived:
      return changed(event, value('payload'));
    case RunEventType.CheckpointReached:
      return changed(event, value('data'));
    case RunEventType.AttemptCompleted:
    case RunEventType.ChildEnded:
    case RunEventType.Completed:
    case RunEventType.StepKept:
    case RunEventType.StepCollected:
    case RunEventType.WaitEnded:
      return changed(event, value('output'));
    default:
      return event;
  }
}

/** The named value when it becomes another one; else nothing. */
function lightened(data: object, name: string, change: (value: unknown) => unknown): object {
  const found = (data as Record<string, unknown>)[name];
  if (found === undefined) return {};
  const light = change(found);
  return light === found ? {} : { [name]: light };
}

const changed = <E extends RunEvent>(event: E, values: object): E =>
  Object.keys(values).length === 0 ? event : { ...event, data: { ...event.data, ...values } };

const placeOf = ({ type, data }: RunEvent, name: string): string =>
  `the ${name} of ${'step' in data && typeof data.step === 'string' ? `step "${data.step}"` : type}`;

/** Counts no further than it must: most values are small. A character has at least one byte, and at most six as JSON. */
function mayBeLarge(value: unknown): boolean {
  let left = INLINE_PAYLOAD_BYTES / 6;
  const look = (inner: unknown): boolean => {
    if (typeof inner === 'string') return (left -= inner.length + 2) < 0;
    if (typeof inner !== 'object' || inner === null) return (left -= 5) < 0;
    for (const key in inner) {
      left -= key.length + 2;
      if (look((inner as Record<string, unknown>)[key]) || left < 0) return true;
    }
    return left < 0;
  };
  return look(value);
}

/** Every reference within a value, each once. */
export function referencesIn(value: unknown): PayloadRef[] {
  const found = new Map<string, PayloadRef>();
  const look = (inner: unknown): void => {
    if (typeof inner !== 'object' || inner === null) return;
    if (isPayloadRef(inner)) found.set(inner.$payload.sha256, inner);
    else for (const part of Object.values(inner)) look(part);
  };
  look(value);
  return [...found.values()];
}

/** The value with what lies behind its references in their places. @param loaded by checksum; what is missing stays a reference */
export function whole(value: unknown, loaded: ReadonlyMap<string, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isPayloadRef(value)) return loaded.has(value.$payload.sha256) ? loaded.get(value.$payload.sha256) : value;
  if (Array.isArray(value)) return value.map((part) => whole(part, loaded));
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, whole(part, loaded)]));
}
