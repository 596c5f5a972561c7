import { type CloudEvent, cloudEvent, RunEventType, ServiceName, type StoredRunEvent } from '@aet/contracts';
import { EVENT_VERSIONS, type EventVersions } from '@aet/runs';
import type { RunOrigin } from './run-origins.js';

/** Deterministic: told twice inside the server's window, it is stored once. */
export const factId = ({ runId, sequence }: { runId: string; sequence: number }): string => `${runId}:${sequence}`;

/** The same for consecutive ones that are told together. */
export const factsId = (events: readonly { runId: string; sequence: number }[]): string => {
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) return '';
  return first === last ? factId(first) : `${factId(first)}-${last.sequence}`;
};

/**
 * An event of a run as the world hears it: type and data as the log has them, so that with the hashes before it the fact proves itself,
 * and a copy of the facts is a copy of the log.
 */
export const runFact = (
  event: StoredRunEvent,
  run: RunOrigin,
  namespace: string,
  versions: EventVersions = EVENT_VERSIONS,
): CloudEvent =>
  cloudEvent({
    id: factId(event),
    namespace,
    cell: run.cell,
    service: ServiceName.Orchestrator,
    type: event.logged?.type ?? versions.typeOf(event.type),
    subject: event.runId,
    time: new Date(event.time),
    correlationId: run.correlationId,
    hash: event.hash,
    data: event.logged?.data ?? event.data,
  });

const LARGE = 4_096;
/** Below the smallest limit that a server has by default (1 MiB for a message), with room for the envelope. */
const FACT_BYTES = 768 * 1024;

/** The event as it is told first: whole, unless no server of default settings would take it. */
export const fitting = (event: StoredRunEvent): StoredRunEvent =>
  Buffer.byteLength(JSON.stringify(event.data)) > FACT_BYTES ? shortened(event) : event;

/** For an event that is larger than the server takes: its large members stand in the log only, and say how large they are (bytes of JSON). */
export function shortened(event: StoredRunEvent): StoredRunEvent {
  const members = Object.entries(event.logged?.data ?? event.data).map(([name, value]) => {
    const bytes = Buffer.byteLength(JSON.stringify(value) ?? '');
    return [name, bytes > LARGE ? { omittedBytes: bytes } : value];
  });
  const data = Object.fromEntries(members) as Record<string, unknown>;
  if (event.type === RunEventType.Submitted) {
    const { api, name } = event.data.workflow;
    data['workflow'] = { api, name, steps: {} };
  }
  const { logged } = event;
  return { ...event, data, ...(logged === undefined ? {} : { logged: { ...logged, data } }) } as StoredRunEvent;
}
