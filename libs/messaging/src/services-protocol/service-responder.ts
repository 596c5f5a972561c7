import { type DtoClass, ServiceVerb, ValidationFailed, isInbox, jsonSchemaOf, serviceSubjects } from '@aet/contracts';
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';
import type { Endpoint } from '../rpc/endpoint.js';
import type { RpcServerIdentity } from '../rpc/rpc-server-identity.js';

/**
 * Makes an instance visible to `nats micro ls`, `info` and `stats`: the NATS services protocol.
 * Every instance answers for itself, so there is no queue group. Metadata values are strings and durations whole nanoseconds:
 * the `nats` program drops an instance that gets this wrong without a word.
 * Source: https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-32.md
 */
export class ServiceResponder {
  private readonly started = new Date().toISOString();
  private readonly subscriptions: Subscription[];

  constructor(
    connection: NatsConnection,
    private readonly identity: RpcServerIdentity,
    private readonly endpoints: readonly Endpoint[],
  ) {
    requireSemVer(identity.version);
    const { service, instance } = identity;
    const answers = {
      [ServiceVerb.Ping]: () => this.ping(),
      [ServiceVerb.Info]: () => this.info(),
      [ServiceVerb.Stats]: () => this.stats(),
    };
    this.subscriptions = Object.values(ServiceVerb).flatMap((verb) =>
      serviceSubjects(verb, service, instance).map((subject) =>
        connection.subscribe(subject, {
          callback: (error: Error | null, message: Msg): void => {
            if (error === null && isInbox(message.reply ?? '')) message.respond(JSON.stringify(answers[verb]()));
          },
        }),
      ),
    );
  }

  /** From now on the instance is not listed. */
  stop(): void {
    for (const subscription of this.subscriptions) subscription.unsubscribe();
  }

  private ping(): object {
    return { type: 'io.nats.micro.v1.ping_response', ...this.whoami() };
  }

  private info(): object {
    const endpoints = this.endpoints.map(({ binding: { name, subject, queue, summary, request } }) => ({
      name: shown(name),
      subject,
      queue_group: queue,
      metadata: { summary, ...(request === undefined ? {} : { request: request.name, schema: schemaOf(request) }) },
    }));
    return { type: 'io.nats.micro.v1.info_response', ...this.whoami(), description: `AET ${this.identity.service}`, endpoints };
  }

  private stats(): object {
    const endpoints = this.endpoints.map((endpoint) => ({
      name: shown(endpoint.binding.name),
      subject: endpoint.binding.subject,
      queue_group: endpoint.binding.queue,
      num_requests: endpoint.requests,
      num_errors: endpoint.errors,
      last_error: endpoint.lastError,
      processing_time: endpoint.processingNs,
      average_processing_time: endpoint.averageNs,
    }));
    return { type: 'io.nats.micro.v1.stats_response', ...this.whoami(), started: this.started, endpoints };
  }

  private whoami(): object {
    const { service, instance, version, cell, slot, namespace, metadata } = this.identity;
    return { name: service, id: instance, version, metadata: { ...metadata, cell, slot, namespace } };
  }
}

const schemas = new WeakMap<DtoClass<object>, string>();

/** What a request must be, as JSON Schema in text: metadata values are texts. Made when somebody first asks. */
function schemaOf(request: DtoClass<object>): string {
  const known = schemas.get(request);
  if (known !== undefined) return known;
  const made = JSON.stringify(jsonSchemaOf(request));
  schemas.set(request, made);
  return made;
}

/** The protocol's names are narrower than the patterns of Nest. */
const shown = (name: string): string => name.replace(/[^a-zA-Z0-9_-]+/g, '_');

/** Source: the expression that https://semver.org suggests, without its names. */
const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*))*)?(\+[\da-zA-Z-]+(\.[\da-zA-Z-]+)*)?$/;

function requireSemVer(version: string): void {
  if (SEMVER.test(version)) return;
  const message = `must be a semantic version such as 1.2.3, not "${version}"`;
  throw new ValidationFailed(`the version of a service ${message}`, [{ path: 'version', rule: 'semver', message }]);
}
