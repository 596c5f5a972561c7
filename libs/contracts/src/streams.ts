import type { Priority } from './priority.js';
import { DEFAULT_NAMESPACE } from './subjects.js';
import { token } from './token.js';

/** Streams of a cell. Names on the server carry the namespace when it is not the default one: see `streamName`. */
export const Stream = {
  Tasks: 'TASKS',
  Results: 'RESULTS',
  Dlq: 'DLQ',
  Events: 'EVENTS',
  Errors: 'ERRORS',
  Health: 'HEALTH',
  Alerts: 'ALERTS',
} as const;
export type Stream = (typeof Stream)[keyof typeof Stream];

/** Key-value buckets of a cell. The cell's name is part of the bucket's: a leaf link must never make one store the other's keys. */
export const Bucket = {
  Leases: 'LEASES',
  Ports: 'PORTS',
  Rollout: 'ROLLOUT',
  Config: 'CONFIG',
  /** What operators told the hosts about capabilities, and the hosts' permits: see `QueueKey`. */
  Queue: 'QUEUE',
} as const;
export type Bucket = (typeof Bucket)[keyof typeof Bucket];

/** Object stores of a cell. */
export const ObjectBucket = { Artifacts: 'ARTIFACTS', Knowledge: 'KNOWLEDGE', Payloads: 'PAYLOADS', Archive: 'ARCHIVE' } as const;
export type ObjectBucket = (typeof ObjectBucket)[keyof typeof ObjectBucket];

const suffixed = (name: string, namespace: string): string =>
  namespace === DEFAULT_NAMESPACE ? name : `${name}_${token(namespace, 'namespace')}`;

export const streamName = (stream: Stream, namespace: string): string => suffixed(stream, namespace);

export const bucketName = (bucket: Bucket | ObjectBucket, namespace: string, cell: string): string =>
  suffixed(`${bucket}_${token(cell, 'cell')}`, namespace);

/** A cell's copy of another cell's `EVENTS`: read only, filled by the server over the leaf link. */
export const copyStream = (of: string, namespace: string): string => suffixed(`EVENTS_COPY_${token(of, 'cell')}`, namespace);

/** The durable pull consumer from which hosts take tasks of one capability and priority. */
export const taskConsumer = (capability: string, priority: Priority): string => `${token(capability, 'capability')}__${priority}`;

/** The two halves of such a name; nothing when it is another consumer's. */
export function taskConsumerParts(consumer: string): { capability: string; priority: string } | undefined {
  const at = consumer.lastIndexOf('__');
  return at <= 0 ? undefined : { capability: consumer.slice(0, at), priority: consumer.slice(at + 2) };
}

/** The durable that all orchestrator replicas of a cell share. */
export const RESULTS_CONSUMER = 'orchestrator';
