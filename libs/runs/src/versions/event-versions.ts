import { type RunEvent, RunEventType, type StoredRunEvent, UnsupportedVersion } from '@aet/contracts';
import { assertKnown, KNOWN_WORKFLOWS, type KnownWorkflows } from './known-workflows.js';

/** An event as a log, a fact or an archive holds it: the type with its version from 2 on, the data as that version wrote it. */
export interface LoggedEvent {
  runId: string;
  sequence: number;
  /** Such as `attempt.completed`, and `attempt.completed@2` when its meaning had changed once. */
  type: string;
  /** RFC 3339, UTC, milliseconds. */
  time: string;
  hash: string;
  data: unknown;
}

/** Makes of the data of one version what the next would have written. Pure, and for ever: the logs of that version stay as they are. */
export type Upcaster = (data: unknown, event: LoggedEvent) => unknown;

/** For each type its upcasters in order, from version 1 to 2 first; the present version is one more than there are. */
export type Upcasters = Readonly<Record<string, readonly Upcaster[]>>;

/** What this version of AET reads and writes: every type of event in its present version, and each one before. */
export class EventVersions {
  constructor(
    private readonly upcasters: Upcasters,
    private readonly workflows: KnownWorkflows = KNOWN_WORKFLOWS,
  ) {}

  /** The type as it is stored. */
  typeOf(type: RunEvent['type']): string {
    const version = this.present(type);
    return version === 1 ? type : `${type}@${version}`;
  }

  /**
   * The event of today that a stored one means. What it was stays in `logged`, where it was another.
   * @throws {UnsupportedVersion} a later version wrote it, or what it is about: who cannot read it must not decide on it
   */
  upcast(event: LoggedEvent): StoredRunEvent {
    const { type, version } = partsOf(event.type);
    const steps = Object.hasOwn(this.upcasters, type) ? this.upcasters[type] : undefined;
    if (steps === undefined || version === undefined || version > steps.length + 1) throw unknown(event);
    const data = steps.slice(version - 1).reduce((before, upcaster) => upcaster(before, event), event.data);
    const { runId, sequence, time, hash } = event;
    const today = { type, data, runId, sequence, time, hash } as StoredRunEvent;
    if (today.type === RunEventType.Submitted) assertKnown(today, this.workflows);
    return version === steps.length + 1 ? today : { ...today, logged: { type: event.type, data: event.data } };
  }

  private present(type: string): number {
    return (this.upcasters[type]?.length ?? 0) + 1;
  }
}

/** Version 1 stands without a number. A text that only looks like a number, such as `@02`, was written by nobody. */
function partsOf(stored: string): { type: string; version: number | undefined } {
  const [type = '', version, ...more] = stored.split('@');
  if (version === undefined) return { type, version: 1 };
  const sound = more.length === 0 && /^[2-9]$|^[1-9]\d{1,3}$/.test(version);
  return { type, version: sound ? Number(version) : undefined };
}

const unknown = ({ runId, sequence, type }: LoggedEvent): UnsupportedVersion =>
  new UnsupportedVersion(
    `run ${runId}: event ${sequence} is ${JSON.stringify(type)}, which this version of AET does not know: a newer one wrote it, and goes on with the run; update this one`,
    { details: { runId, sequence, type } },
  );

/**
 * Today's. No event has changed its meaning yet, so each is in its first version. To change one: write the new contract, put an upcaster from the old data
 * here, and keep logs of the old version in `test/corpus`. A further type, or a further optional field, needs no version.
 */
export const EVENT_VERSIONS = new EventVersions(
  Object.fromEntries(Object.values(RunEventType).map((type): [RunEventType, readonly Upcaster[]] => [type, []])),
);
