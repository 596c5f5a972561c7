import { CapabilityMissing, NotFound, TopologyDiffers } from '@aet/contracts';
import { type ConsumerConfig, type JetStreamManager, type StreamConfig, jetstreamManager } from '@nats-io/jetstream';
import { Logger } from '@nestjs/common';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { messagingErrorsOf } from '../messaging-errors.js';
import { Topology, type TopologyDeclaration, type TopologyDifference, type TopologyReport } from '../topology.js';
import { type CellTopology, type ConsumerSpec, type StreamSpec, cellTopology } from './cell-topology.js';
import { jetStreamError } from './jetstream-error.js';
import { removeStranded } from './stranded-messages.js';
import { type Change, consumerChange, differencesOf, knownSince, streamChange } from './topology-compare.js';

const logger = new Logger('Topology');

/** One stream or consumer: how to read it, how to write it. */
interface Part {
  what: string;
  wanted: object;
  change: (difference: TopologyDifference) => Change;
  read: () => Promise<object>;
  create: () => Promise<object>;
  update: () => Promise<object>;
}

type Plan = { part: Part; found: TopologyDifference[] | 'absent' };

/** Looks at everything before it writes anything: a refusal leaves the server as it was. */
export class JetStreamTopology extends Topology {
  /** @param describe what a declaration means in JetStream */
  constructor(
    private readonly link: NatsLink,
    private readonly describe: (declaration: TopologyDeclaration) => CellTopology = cellTopology,
  ) {
    super();
  }

  async ensure(declaration: TopologyDeclaration): Promise<TopologyReport> {
    const plans = await this.plan(declaration);
    this.refuse(plans);
    const report: TopologyReport = { created: [], updated: [], unchanged: [] };
    for (const { part, found } of plans) {
      if (found === 'absent') {
        this.verify(part, await answered(part.create(), `creating ${part.what}`));
        report.created.push(part.what);
      } else if (found.length > 0) {
        this.verify(part, await answered(part.update(), `changing ${part.what}`));
        report.updated.push(part.what);
      } else {
        report.unchanged.push(part.what);
      }
    }
    await this.tidy(declaration);
    return report;
  }

  async differences(declaration: TopologyDeclaration): Promise<TopologyDifference[]> {
    const plans = await this.plan(declaration);
    return plans.flatMap(({ part, found }) =>
      found === 'absent' ? [{ what: part.what, field: 'existence', wanted: true, found: false }] : found,
    );
  }

  private async plan(declaration: TopologyDeclaration): Promise<Plan[]> {
    const jsm = await answered(jetstreamManager(connectionOf(this.link), { checkAPI: false }), 'reaching JetStream');
    const { streams, consumers } = this.describe(declaration);
    const parts = [...streams.map((spec) => streamPart(jsm, spec)), ...consumers.map((spec) => consumerPart(jsm, spec))];
    return Promise.all(parts.map(planOf));
  }

  private async tidy(declaration: TopologyDeclaration): Promise<void> {
    const jsm = await answered(jetstreamManager(connectionOf(this.link), { checkAPI: false }), 'reaching JetStream');
    const removed = await answered(removeStranded(jsm, this.describe(declaration)), 'tidying the queues');
    if (removed > 0)
      logger.warn(`${removed} messages were removed from the queues: they were done, and the server had kept them`);
  }

  private verify(part: Part, found: object): void {
    verifyTaken(part.what, part.wanted, found, this.link.serverVersion);
  }

  private refuse(plans: readonly Plan[]): void {
    const refused = plans.flatMap(({ part, found }) =>
      found === 'absent' ? [] : found.filter((difference) => part.change(difference) === 'refused'),
    );
    if (refused.length === 0) return;
    const lines = refused.map(({ what, field, wanted, found }) => `${what}: ${field} is ${show(found)}, wanted ${show(wanted)}`);
    const differs = new TopologyDiffers(
      `the server has streams or consumers that differ from what is declared, and changing them could lose messages; ` +
        `correct or remove them by hand, nothing was changed: ${lines.join('; ')}`,
      { details: { differences: refused } },
    );
    messagingErrorsOf(this.link).count('topology', differs);
    throw differs;
  }
}

/**
 * An old server ignores what it does not know, and says that all went well: so its own picture is compared with the wish.
 * @throws {CapabilityMissing}
 */
export function verifyTaken(what: string, wanted: object, found: object, serverVersion: string): void {
  const dropped = differencesOf(what, wanted, found);
  if (dropped.length === 0) return;
  const fields = dropped.map((difference) => {
    const since = knownSince(difference.field);
    const version = since === undefined ? '' : `; nats-server ${since} has it`;
    return `${difference.field} (wanted ${show(difference.wanted)}, it took ${show(difference.found)}${version})`;
  });
  throw new CapabilityMissing(
    `nats-server ${serverVersion} did not take over all of ${what}: ${fields.join(', ')}. Use a newer nats-server`,
    { details: { version: serverVersion, differences: dropped } },
  );
}

function streamPart(jsm: JetStreamManager, { config, volatile }: StreamSpec): Part {
  return {
    what: `stream ${config.name}`,
    wanted: config,
    change: (difference) => streamChange(difference, volatile ?? false),
    read: async () => (await jsm.streams.info(config.name)).config,
    create: async () => (await jsm.streams.add(config)).config,
    update: async () => {
      // Fields without a wish stay as they are.
      const present: StreamConfig = (await jsm.streams.info(config.name)).config;
      return (await jsm.streams.update(config.name, { ...present, ...config })).config;
    },
  };
}

function consumerPart(jsm: JetStreamManager, { stream, config }: ConsumerSpec): Part {
  const name = config.durable_name;
  return {
    what: `consumer ${stream}/${name}`,
    wanted: config,
    change: consumerChange,
    read: async () => (await jsm.consumers.info(stream, name)).config,
    create: async () => (await jsm.consumers.add(stream, config)).config,
    update: async () => {
      const present: ConsumerConfig = (await jsm.consumers.info(stream, name)).config;
      return (await jsm.consumers.update(stream, name, { ...present, ...config })).config;
    },
  };
}

async function planOf(part: Part): Promise<Plan> {
  try {
    return { part, found: differencesOf(part.what, part.wanted, await part.read()) };
  } catch (error) {
    const translated = jetStreamError(error, `reading ${part.what}`);
    if (translated instanceof NotFound) return { part, found: 'absent' };
    throw translated;
  }
}

async function answered<T>(answer: Promise<T>, what: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw missingCapability(error, what) ?? jetStreamError(error, what);
  }
}

/** Some fields are refused by the client, in words only: with this server's version it does not even send them. */
function missingCapability(error: unknown, what: string): CapabilityMissing | undefined {
  const since = error instanceof Error ? /requires server (\d+\.\d+\.\d+)/.exec(error.message)?.[1] : undefined;
  if (since === undefined) return undefined;
  const message = `${what}: this nats-server lacks a setting (${(error as Error).message}): use nats-server ${since} or newer`;
  return new CapabilityMissing(message, { cause: error });
}

const show = (value: unknown): string => (value === undefined ? 'unset' : JSON.stringify(value));
