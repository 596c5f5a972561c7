import { InvalidToken } from './errors.js';
import type { Priority, Severity } from './priority.js';
import type { ServiceName } from './service-name.js';
import { token } from './token.js';

/** A project or environment. Two namespaces on one server never see each other's subjects. */
export const DEFAULT_NAMESPACE = 'default';

/**
 * Every subject of AET for one namespace. A subject string stands in this file and nowhere else.
 * All parts are checked: a value from outside cannot become a wildcard. @throws {InvalidToken}
 */
export class Subjects {
  private readonly root: string;

  constructor(readonly namespace: string = DEFAULT_NAMESPACE) {
    this.root = `aet.${token(namespace, 'namespace')}`;
  }

  /** Answered by any instance of the service (queue group). */
  rpc(service: ServiceName, method: string): string {
    return `${this.root}.rpc.${service}.${token(method, 'method')}`;
  }
  /** Answered by any instance of the service in that cell. */
  rpcInCell(service: ServiceName, method: string, cell: string): string {
    return this.inCell(this.rpc(service, method), cell);
  }
  /** Answered by that one instance. */
  rpcAtInstance(service: ServiceName, method: string, instance: string): string {
    return this.atInstance(this.rpc(service, method), instance);
  }
  /** Where a plain Nest handler of a service is called: its pattern, of one or more parts. @throws {InvalidToken} for a wildcard */
  rpcPattern(service: ServiceName, pattern: string): string {
    if (pattern.length > MAX_PATTERN_LENGTH || !PATTERN.test(pattern)) throw new InvalidToken('pattern', pattern);
    return `${this.root}.rpc.${service}.${pattern}`;
  }
  /** The same address, in that cell only. */
  inCell(rpc: string, cell: string): string {
    return `${rpc}.in.${token(cell, 'cell')}`;
  }
  /** The same address, at that instance only. */
  atInstance(rpc: string, instance: string): string {
    return `${rpc}.@${token(instance, 'instance')}`;
  }
  /** All instances of a service hear here that a caller waits no longer; the message is the call's reply subject. No method can be called so. */
  rpcCancel(service: ServiceName): string {
    return `${this.root}.rpc.${service}._cancel`;
  }
  /** Where the reader of one stream of that instance grants it more; the message is a number. */
  rpcCredit(service: ServiceName, instance: string, stream: string): string {
    return `${this.root}.rpc.${service}._credit.${token(instance, 'instance')}.${token(stream, 'stream')}`;
  }
  rpcCredits(service: ServiceName, instance: string): string {
    return `${this.root}.rpc.${service}._credit.${token(instance, 'instance')}.*`;
  }
  /** Everything that callers of a service may publish to. */
  rpcOf(service: ServiceName): string {
    return `${this.root}.rpc.${service}.>`;
  }
  anyRpc(): string {
    return `${this.root}.rpc.>`;
  }

  task(cell: string, priority: Priority, capability: string): string {
    return `${this.root}.task.${token(cell, 'cell')}.${priority}.${token(capability, 'capability')}`;
  }
  tasks(cell: string): string {
    return `${this.root}.task.${token(cell, 'cell')}.>`;
  }

  result(cell: string, runId: string): string {
    return `${this.root}.result.${token(cell, 'cell')}.${token(runId, 'run id')}`;
  }
  results(cell: string): string {
    return `${this.root}.result.${token(cell, 'cell')}.*`;
  }

  /** What could not be done, by the reason of its `DeadLetter`. */
  deadLetter(cell: string, reason: string): string {
    return `${this.root}.dlq.${token(cell, 'cell')}.${token(reason, 'reason')}`;
  }
  deadLetters(cell: string): string {
    return `${this.root}.dlq.${token(cell, 'cell')}.*`;
  }

  event(cell: string, aggregate: Aggregate, id: string): string {
    return `${this.root}.event.${token(cell, 'cell')}.${aggregate}.${token(id, 'id')}`;
  }
  events(cell: string): string {
    return `${this.root}.event.${token(cell, 'cell')}.>`;
  }
  /** Of one kind of aggregate, such as all runs. */
  eventsOf(cell: string, aggregate: Aggregate): string {
    return `${this.root}.event.${token(cell, 'cell')}.${aggregate}.*`;
  }
  eventsOfRun(runId: string): string {
    return `${this.root}.event.*.run.${token(runId, 'run id')}`;
  }
  allEvents(): string {
    return `${this.root}.event.>`;
  }

  error(cell: string, service: ServiceName, severity: Severity): string {
    return `${this.root}.error.${token(cell, 'cell')}.${service}.${severity}`;
  }
  errors(cell: string): string {
    return `${this.root}.error.${token(cell, 'cell')}.>`;
  }
  errorsBy(cell: string, service: ServiceName): string {
    return `${this.root}.error.${token(cell, 'cell')}.${service}.*`;
  }
  allErrors(): string {
    return `${this.root}.error.>`;
  }

  health(cell: string, service: ServiceName, instance: string): string {
    return `${this.root}.health.${token(cell, 'cell')}.${service}.${token(instance, 'instance')}`;
  }
  healthOf(cell: string): string {
    return `${this.root}.health.${token(cell, 'cell')}.>`;
  }
  healthBy(cell: string, service: ServiceName): string {
    return `${this.root}.health.${token(cell, 'cell')}.${service}.*`;
  }
  allHealth(): string {
    return `${this.root}.health.>`;
  }

  alert(cell: string, fingerprint: string): string {
    return `${this.root}.alert.${token(cell, 'cell')}.${token(fingerprint, 'fingerprint')}`;
  }
  alerts(cell: string): string {
    return `${this.root}.alert.${token(cell, 'cell')}.*`;
  }
  allAlerts(): string {
    return `${this.root}.alert.>`;
  }

  /** Where the server of a cell gets what its copy of `of` lacks; the server appends a part of its own. */
  copies(of: string, into: string): string {
    return `${this.root}.copy.${token(of, 'cell')}.${token(into, 'cell')}`;
  }
  allCopies(): string {
    return `${this.root}.copy.>`;
  }

  /** Live, not stored: what an executor prints, counts and says while it works. */
  progress(runId: string): string {
    return `${this.root}.progress.${token(runId, 'run id')}`;
  }
  allProgress(): string {
    return `${this.root}.progress.*`;
  }

  /** Live, not stored: nobody waits for what hosts do for that run. */
  stop(cell: string, runId: string): string {
    return `${this.root}.stop.${token(cell, 'cell')}.${token(runId, 'run id')}`;
  }
  stops(cell: string): string {
    return `${this.root}.stop.${token(cell, 'cell')}.*`;
  }
  allStops(): string {
    return `${this.root}.stop.>`;
  }

  /** A registry's picture of its cell, for the registries of other cells. Not stored: the next one is a second away. */
  registrySnapshot(cell: string): string {
    return `${this.root}.registry.${token(cell, 'cell')}`;
  }
  allRegistrySnapshots(): string {
    return `${this.root}.registry.*`;
  }
}

/** Parts without space and wildcards; what begins with `_` or `@` is ours. Nest makes JSON of a pattern that is an object: that is one, too. */
const PATTERN = /^[^\s.*>_@][^\s.*>]*(?:\.[^\s.*>_@][^\s.*>]*)*$/;

const MAX_PATTERN_LENGTH = 255;

/** What a stored event is about. */
export const Aggregate = {
  Run: 'run',
  Agent: 'agent',
  Instance: 'instance',
  Config: 'config',
  Rollout: 'rollout',
  Knowledge: 'knowledge',
  Audit: 'audit',
} as const;
export type Aggregate = (typeof Aggregate)[keyof typeof Aggregate];

/** Replies to a user of the server arrive under its own prefix, which no other user may read. */
export const inboxPrefix = (user: string): string => `${INBOX}${token(user, 'user')}`;
const INBOX = '_INBOX.';

/** The replies to a user's calls arrive below it, apart from its other inboxes. @param prefix from `inboxPrefix` */
export const callInbox = (prefix: string): string => `${prefix}.rpc`;
/** Where those who answer calls may publish unasked. */
export const ALL_CALL_INBOXES = `${INBOX}*.rpc.>`;

/**
 * Whether an answer may go to that subject. The server lets a responder publish wherever the requester pointed it: without this check
 * anyone who may call a service could make it publish into subjects that only the service may use.
 */
export const isInbox = (reply: string): boolean => reply.startsWith(INBOX) && !reply.includes('*') && !reply.includes('>');
