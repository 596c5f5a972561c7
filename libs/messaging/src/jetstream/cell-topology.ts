import {
  Bucket,
  ObjectBucket,
  PRIORITIES,
  RESULTS_CONSUMER,
  Stream,
  Subjects,
  bucketName,
  copyStream,
  domainApi,
  kvKeys,
  kvStream,
  objectStream,
  objectSubjects,
  streamName,
  taskConsumer,
} from '@aet/contracts';
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import type { TopologyDeclaration } from '../topology.js';

const MIB = 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;
/** JetStream's unit of time is the nanosecond. */
const nanos = (ms: number): number => ms * 1_000_000;
/** A copy has the room of what it copies. */
const EVENTS_BYTES = 1024 * MIB;
/** How long the server knows a message id. */
const DUPLICATES_MS = 120_000;
/** Messages in the hands of all hosts together; a delayed nak counts as well, so it must be far above the slots of a cell. */
const MAX_ACK_PENDING = 10_000;

/** A host reads its claim of permits back; so many others may have claimed in between. */
const CLAIMS_KEPT = 32;

export interface StreamSpec {
  /** A copy has no subjects of its own. */
  config: Partial<StreamConfig> & { name: string; subjects?: string[] };
  /** Its content ends by itself and is told again, so less retention loses nothing. */
  volatile?: boolean;
}

export interface ConsumerSpec {
  stream: string;
  config: Partial<ConsumerConfig> & { durable_name: string };
}

/** All that a cell has in JetStream, as one value. */
export interface CellTopology {
  streams: StreamSpec[];
  consumers: ConsumerSpec[];
}

export function cellTopology(declaration: TopologyDeclaration): CellTopology {
  return {
    streams: [
      ...workStreams(declaration),
      ...recordStreams(declaration),
      ...copiedStreams(declaration),
      ...keyValueBuckets(declaration),
      ...objectBuckets(declaration),
    ],
    consumers: [...taskConsumers(declaration), resultsConsumer(declaration)],
  };
}

/** Work is refused when there is no room, never dropped: the publisher keeps it and tries again. */
function workStreams({ namespace, cell, workMaxBytes = 512 * MIB }: TopologyDeclaration): StreamSpec[] {
  const subjects = new Subjects(namespace);
  const work = (stream: Stream, subject: string): StreamSpec => ({
    config: {
      ...basics(streamName(stream, namespace), [subject], workMaxBytes),
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
    },
  });
  return [work(Stream.Tasks, subjects.tasks(cell)), work(Stream.Results, subjects.results(cell))];
}

/** What happened, for whoever reads it. The oldest goes when the room or the time is over. */
function recordStreams({ namespace, cell }: TopologyDeclaration): StreamSpec[] {
  const subjects = new Subjects(namespace);
  const record = (stream: Stream, subject: string, maxBytes: number, days: number): StreamSpec => ({
    config: {
      ...basics(streamName(stream, namespace), [subject], maxBytes),
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_age: nanos(days * DAY_MS),
    },
  });
  return [
    record(Stream.Dlq, subjects.deadLetters(cell), 128 * MIB, 0),
    record(Stream.Events, subjects.events(cell), EVENTS_BYTES, 0),
    record(Stream.Errors, subjects.errors(cell), 128 * MIB, 7),
    record(Stream.Health, subjects.healthOf(cell), 128 * MIB, 1),
    record(Stream.Alerts, subjects.alerts(cell), 64 * MIB, 90),
  ];
}

/**
 * What happened in other cells, as their streams have it, with the same sequences. The server fills them over the leaf link, and goes on where
 * it was when the link comes back; until the other cell can be reached for the first time they are empty.
 */
function copiedStreams({ namespace, cell, peers = [] }: TopologyDeclaration): StreamSpec[] {
  const subjects = new Subjects(namespace);
  return peers.map((peer) => ({
    config: {
      name: copyStream(peer, namespace),
      storage: StorageType.File,
      num_replicas: 1,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_bytes: EVENTS_BYTES,
      max_age: 0,
      mirror: {
        name: streamName(Stream.Events, namespace),
        external: { api: domainApi(peer), deliver: subjects.copies(peer, cell) },
      },
    },
  }));
}

/** KV buckets are streams of one message for each key. Source: ADR-8. */
function keyValueBuckets({ namespace, cell, leaseTtlMs }: TopologyDeclaration): StreamSpec[] {
  const bucket = (name: Bucket, ttlMs: number, history = 1): StreamSpec => {
    const full = bucketName(name, namespace, cell);
    return {
      config: {
        ...basics(kvStream(full), [kvKeys(full)], 64 * MIB),
        retention: RetentionPolicy.Limits,
        discard: DiscardPolicy.New,
        max_msgs_per_subject: history,
        max_age: nanos(ttlMs),
        // The server refuses a window that is longer than its messages live.
        duplicate_window: nanos(ttlMs === 0 ? DUPLICATES_MS : Math.min(ttlMs, DUPLICATES_MS)),
        allow_rollup_hdrs: true,
        deny_delete: true,
        allow_direct: true,
      },
      volatile: ttlMs !== 0,
    };
  };
  return [
    bucket(Bucket.Leases, leaseTtlMs),
    bucket(Bucket.Ports, 0),
    bucket(Bucket.Rollout, 0),
    bucket(Bucket.Config, 0),
    bucket(Bucket.Queue, 0, CLAIMS_KEPT),
  ];
}

/** The archive takes what leaves the database: it is as large as the disk, and reserves nothing. */
const OBJECT_BYTES = [
  [ObjectBucket.Artifacts, 2048 * MIB],
  [ObjectBucket.Knowledge, 2048 * MIB],
  [ObjectBucket.Payloads, 4096 * MIB],
  [ObjectBucket.Archive, -1],
] as const;

/** Object stores are streams of chunks and descriptions. Source: ADR-20. */
function objectBuckets({ namespace, cell }: TopologyDeclaration): StreamSpec[] {
  return OBJECT_BYTES.map(([name, maxBytes]) => {
    const full = bucketName(name, namespace, cell);
    return {
      config: {
        ...basics(objectStream(full), objectSubjects(full), maxBytes),
        retention: RetentionPolicy.Limits,
        discard: DiscardPolicy.New,
        allow_rollup_hdrs: true,
        allow_direct: true,
      },
    };
  });
}

/** `max_deliver` of the server would leave exhausted messages in the work queue: attempts are counted by us. */
function taskConsumers({ namespace, cell, capabilities, ackWaitMs }: TopologyDeclaration): ConsumerSpec[] {
  const subjects = new Subjects(namespace);
  return capabilities.flatMap((capability) =>
    PRIORITIES.map((priority) => ({
      stream: streamName(Stream.Tasks, namespace),
      config: {
        ...pulled(taskConsumer(capability, priority), ackWaitMs),
        filter_subject: subjects.task(cell, priority, capability),
      },
    })),
  );
}

const resultsConsumer = ({ namespace, ackWaitMs }: TopologyDeclaration): ConsumerSpec => ({
  stream: streamName(Stream.Results, namespace),
  config: pulled(RESULTS_CONSUMER, ackWaitMs),
});

const basics = (name: string, subjects: string[], maxBytes: number): StreamSpec['config'] & { subjects: string[] } => ({
  name,
  subjects,
  storage: StorageType.File,
  num_replicas: 1,
  max_bytes: maxBytes,
  max_age: 0,
  duplicate_window: nanos(DUPLICATES_MS),
});

const pulled = (durable: string, ackWaitMs: number): ConsumerSpec['config'] => ({
  durable_name: durable,
  ack_policy: AckPolicy.Explicit,
  ack_wait: nanos(ackWaitMs),
  deliver_policy: DeliverPolicy.All,
  replay_policy: ReplayPolicy.Instant,
  max_deliver: -1,
  max_ack_pending: MAX_ACK_PENDING,
});
