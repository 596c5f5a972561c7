import {
  ALL_CALL_INBOXES,
  Aggregate,
  Bucket,
  HOST_METHODS,
  JetStreamApi,
  ObjectBucket,
  QueueKey,
  type RpcMethod,
  RESULTS_CONSUMER,
  SERVICES_PROTOCOL_ALL,
  ServiceName,
  ServiceVerb,
  Stream,
  Subjects,
  bucketName,
  copyStream,
  inboxPrefix,
  kvKeys,
  kvStream,
  objectStream,
  objectSubjects,
  serviceSubjects,
  streamName,
} from '@aet/contracts';
import { type NatsUser, OtherUser } from './nats-user.js';

/** Subjects, wildcards allowed, that a user may publish to and subscribe to. What is not named is refused. */
export interface Permissions {
  publish: string[];
  subscribe: string[];
}

/**
 * What a user of the server may do in its namespace and cell: what its work needs and nothing else. A responder may publish to the reply subject of
 * what it was sent; for the replies to our own calls it has leave in general, or the server would remember each request for an hour (ADR 5).
 * Nobody may listen on another user's inbox.
 */
export function permissionsOf(user: NatsUser, namespace: string, cell: string, peers: readonly string[] = []): Permissions {
  const grants = new Grants(namespace, cell, peers);
  switch (user) {
    case ServiceName.Registry:
      return all(
        grants.service(user),
        grants.calls(),
        grants.leasesOfAll(),
        grants.ports(),
        grants.registrySnapshots(),
        grants.facts(Aggregate.Instance),
      );
    case ServiceName.Orchestrator:
      return all(
        grants.service(user),
        grants.calls(ServiceName.Orchestrator),
        grants.orchestration(),
        grants.objects(ObjectBucket.Payloads),
        grants.facts(Aggregate.Run, Aggregate.Audit),
      );
    case ServiceName.Agent:
      return all(grants.service(user), grants.hosting());
    case ServiceName.Km:
      return all(grants.service(user), grants.calls(), grants.facts(Aggregate.Knowledge), grants.objects(ObjectBucket.Knowledge));
    case ServiceName.Hub:
      return all(grants.service(user), grants.calls(), grants.leasesOfAll(), grants.observation(), grants.alerting());
    case ServiceName.Gateway:
      return all(
        grants.service(user),
        grants.callsAnything(),
        grants.progressOfAll(),
        grants.reads(Stream.Events),
        grants.facts(Aggregate.Audit),
        grants.objectsRead(ObjectBucket.Artifacts),
        grants.objects(ObjectBucket.Payloads),
      );
    case OtherUser.Provisioner:
      return all(grants.inbox(user), { publish: [JetStreamApi.all], subscribe: [] });
    case OtherUser.Operator:
      return all(
        grants.inbox(user),
        grants.callsAnything(),
        grants.observation(),
        grants.streamLists(),
        grants.deadLettersRead(),
        {
          publish: [SERVICES_PROTOCOL_ALL],
          subscribe: [],
        },
      );
    case OtherUser.Leaf:
      return grants.betweenCells();
    case OtherUser.Sys:
      return { publish: ['>'], subscribe: ['>'] };
  }
}

const all = (...parts: Permissions[]): Permissions => ({
  publish: [...new Set(parts.flatMap((part) => part.publish))],
  subscribe: [...new Set(parts.flatMap((part) => part.subscribe))],
});

/** The single grants, each for one kind of work. */
class Grants {
  private readonly subjects: Subjects;

  constructor(
    private readonly namespace: string,
    private readonly cell: string,
    /** Cells of whose events this one keeps copies. */
    private readonly peers: readonly string[],
  ) {
    this.subjects = new Subjects(namespace);
  }

  /** What every service does: answer, report its health and errors, hold its lease. */
  service(service: ServiceName): Permissions {
    const leases = bucketName(Bucket.Leases, this.namespace, this.cell);
    const protocol = Object.values(ServiceVerb).flatMap((verb) => serviceSubjects(verb, service, '*'));
    return all(this.inbox(service), {
      publish: [
        JetStreamApi.account,
        this.subjects.healthBy(this.cell, service),
        this.subjects.errorsBy(this.cell, service),
        kvKeys(leases, service),
        ALL_CALL_INBOXES,
        ...this.bucketReads(kvStream(leases)),
      ],
      subscribe: [this.subjects.rpcOf(service), ...protocol],
    });
  }

  inbox(user: NatsUser): Permissions {
    return { publish: [], subscribe: [`${inboxPrefix(user)}.>`] };
  }

  /** Everybody may ask the registry, and the named services. */
  calls(...services: ServiceName[]): Permissions {
    return { publish: [ServiceName.Registry, ...services].map((service) => this.subjects.rpcOf(service)), subscribe: [] };
  }
  /** What a host of agents does for its tasks. */
  hosting(): Permissions {
    return all(
      this.calls(ServiceName.Km),
      this.methods(HOST_METHODS),
      this.work(),
      this.facts(Aggregate.Agent),
      this.objectsRead(ObjectBucket.Artifacts),
      this.objectsWrite(ObjectBucket.Artifacts),
      this.objects(ObjectBucket.Payloads),
    );
  }

  /** These methods and no others of their service, wherever they are answered. */
  methods(methods: readonly RpcMethod[]): Permissions {
    const subjects = methods.map(({ service, method }) => this.subjects.rpc(service, method));
    return { publish: subjects.flatMap((subject) => [subject, `${subject}.>`]), subscribe: [] };
  }
  callsAnything(): Permissions {
    return { publish: [this.subjects.anyRpc()], subscribe: [] };
  }

  leasesOfAll(): Permissions {
    const bucket = bucketName(Bucket.Leases, this.namespace, this.cell);
    return { publish: this.readsOf(kvStream(bucket)), subscribe: [] };
  }
  ports(): Permissions {
    const bucket = bucketName(Bucket.Ports, this.namespace, this.cell);
    return { publish: [kvKeys(bucket), ...this.bucketReads(kvStream(bucket)), ...this.readsOf(kvStream(bucket))], subscribe: [] };
  }
  registrySnapshots(): Permissions {
    return { publish: [this.subjects.registrySnapshot(this.cell)], subscribe: [this.subjects.allRegistrySnapshots()] };
  }

  /** Operators' words about capabilities, which the orchestrator writes down, and hosts read. */
  private queueDecisions(): Permissions {
    return this.queueKeys(QueueKey.controls);
  }
  /** Permits of capabilities with a rate, which hosts claim. */
  private queuePermits(): Permissions {
    return this.queueKeys(QueueKey.permits);
  }
  private queueKeys(under: string): Permissions {
    const bucket = bucketName(Bucket.Queue, this.namespace, this.cell);
    const stream = kvStream(bucket);
    return { publish: [kvKeys(bucket, under), ...this.bucketReads(stream), ...this.readsOf(stream)], subscribe: [] };
  }

  facts(...aggregates: Aggregate[]): Permissions {
    return { publish: aggregates.map((aggregate) => this.subjects.eventsOf(this.cell, aggregate)), subscribe: [] };
  }

  orchestration(): Permissions {
    const [tasks, results] = [this.stream(Stream.Tasks), this.stream(Stream.Results)];
    return all(this.queueDecisions(), this.deadLettersRead(), this.copiesRead(), this.record(), {
      publish: [
        this.subjects.tasks(this.cell),
        this.subjects.stops(this.cell),
        this.subjects.deadLetters(this.cell),
        JetStreamApi.message(tasks),
        JetStreamApi.messageDelete(tasks),
        JetStreamApi.consumerInfo(tasks),
        JetStreamApi.streamInfo(tasks),
        JetStreamApi.consumerList(tasks),
        JetStreamApi.streamInfo(results),
        JetStreamApi.messageDelete(this.stream(Stream.Dlq)),
        JetStreamApi.message(this.stream(Stream.Dlq)),
        JetStreamApi.consumerInfo(results, RESULTS_CONSUMER),
        JetStreamApi.next(results, RESULTS_CONSUMER),
        JetStreamApi.ack(results, RESULTS_CONSUMER),
      ],
      subscribe: [],
    });
  }

  /** The archive of runs, and what the event stream has of them, to be compared. */
  private record(): Permissions {
    return all(this.objects(ObjectBucket.Archive), { publish: this.readsOf(this.stream(Stream.Events)), subscribe: [] });
  }

  work(): Permissions {
    const tasks = this.stream(Stream.Tasks);
    return all(this.queuePermits(), {
      publish: [
        JetStreamApi.streamInfo(tasks),
        JetStreamApi.consumerInfo(tasks),
        JetStreamApi.next(tasks),
        JetStreamApi.ack(tasks),
        this.subjects.results(this.cell),
        this.subjects.deadLetters(this.cell),
        this.subjects.allProgress(),
      ],
      subscribe: [this.subjects.tasks(this.cell), this.subjects.allStops()],
    });
  }
  progressOfAll(): Permissions {
    return { publish: [], subscribe: [this.subjects.allProgress()] };
  }

  /** Of this cell from its streams, of other cells as they come over the leaf links. */
  observation(): Permissions {
    return all(
      this.reads(Stream.Events),
      this.reads(Stream.Errors),
      this.reads(Stream.Health),
      this.reads(Stream.Alerts),
      this.progressOfAll(),
    );
  }
  alerting(): Permissions {
    return { publish: [this.subjects.alerts(this.cell)], subscribe: [] };
  }
  reads(stream: 'EVENTS' | 'ERRORS' | 'HEALTH' | 'ALERTS'): Permissions {
    const live = {
      EVENTS: this.subjects.allEvents(),
      ERRORS: this.subjects.allErrors(),
      HEALTH: this.subjects.allHealth(),
      ALERTS: this.subjects.allAlerts(),
    };
    return { publish: this.readsOf(this.stream(stream)), subscribe: [live[stream]] };
  }
  copiesRead(): Permissions {
    const copies = this.peers.map((peer) => copyStream(peer, this.namespace));
    const events = JetStreamApi.streamInfo(this.stream(Stream.Events));
    return { publish: copies.length === 0 ? [] : [events, ...copies.flatMap((copy) => this.readsOf(copy))], subscribe: [] };
  }
  deadLettersRead(): Permissions {
    return { publish: this.readsOf(this.stream(Stream.Dlq)), subscribe: [] };
  }
  streamLists(): Permissions {
    const streams = Object.values(Stream).map((stream) => this.stream(stream));
    return {
      publish: [
        JetStreamApi.account,
        JetStreamApi.streamNames,
        JetStreamApi.streamList,
        ...streams.flatMap((stream) => [
          JetStreamApi.streamInfo(stream),
          JetStreamApi.message(stream),
          JetStreamApi.consumerNames(stream),
          JetStreamApi.consumerList(stream),
          JetStreamApi.consumerInfo(stream),
        ]),
      ],
      subscribe: [],
    };
  }

  objects(bucket: ObjectBucket): Permissions {
    return all(this.objectsRead(bucket), this.objectsWrite(bucket));
  }
  objectsRead(bucket: ObjectBucket): Permissions {
    const stream = objectStream(bucketName(bucket, this.namespace, this.cell));
    return { publish: [...this.bucketReads(stream), ...this.readsOf(stream), JetStreamApi.flowControl(stream)], subscribe: [] };
  }
  /** A replaced object's chunks are purged by whoever replaces it. */
  objectsWrite(bucket: ObjectBucket): Permissions {
    const name = bucketName(bucket, this.namespace, this.cell);
    return { publish: [...objectSubjects(name), JetStreamApi.streamPurge(objectStream(name))], subscribe: [] };
  }

  /** What crosses a leaf link, in both directions. Tasks and results stay in their cell. */
  betweenCells(): Permissions {
    const subjects = [
      this.subjects.anyRpc(),
      this.subjects.allRegistrySnapshots(),
      this.subjects.allEvents(),
      this.subjects.allErrors(),
      this.subjects.allHealth(),
      this.subjects.allAlerts(),
      this.subjects.allProgress(),
      this.subjects.allStops(),
      SERVICES_PROTOCOL_ALL,
      ...JetStreamApi.copying(this.stream(Stream.Events), '*'),
      JetStreamApi.answersToServers,
      JetStreamApi.flowControl(this.stream(Stream.Events)),
      this.subjects.allCopies(),
      ...[...Object.values(ServiceName), OtherUser.Operator].map((user) => `${inboxPrefix(user)}.>`),
    ];
    return { publish: subjects, subscribe: subjects };
  }

  /** A reader's own consumer: made, asked, pulled from, removed. */
  private readsOf(stream: string): string[] {
    return [
      ...JetStreamApi.consumerCreate(stream),
      JetStreamApi.consumerInfo(stream),
      JetStreamApi.next(stream),
      JetStreamApi.consumerDelete(stream),
      JetStreamApi.streamInfo(stream),
    ];
  }
  /** One entry at a time. */
  private bucketReads(stream: string): string[] {
    return [JetStreamApi.streamInfo(stream), JetStreamApi.message(stream), ...JetStreamApi.directMessage(stream)];
  }
  private stream(stream: Stream): string {
    return streamName(stream, this.namespace);
  }
}
