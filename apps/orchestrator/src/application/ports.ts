import type {
  CapabilityControl,
  PayloadRef,
  RebuildProgress,
  RunEvent,
  StreamFill,
  WorkflowDocument,
  WorkflowList,
} from '@aet/contracts';
import type { LaneDepth } from '@aet/messaging';
import type { PayloadsCleaned, RecordFigures } from '@aet/persistence';
import type { Circumstances } from '@aet/runs';
import type { Host } from '../domain/missing-host.js';

/** The workflows that can be submitted by name. */
export abstract class WorkflowCatalog {
  /** Every valid one, by name. An invalid file is reported where operators look, and hides no other. */
  abstract list(): Promise<WorkflowList['workflows']>;
  /** @throws {NotFound} naming those that there are. @throws {WorkflowInvalid} when its file has problems. */
  abstract find(name: string): Promise<WorkflowDocument>;
}

/** Why a result was not taken into its run. */
export type RefusalReason =
  'unknown-run' | 'stale-owner' | 'unsupported-version' | 'malformed' | 'late-or-duplicate' | 'broken-log';

/** What the orchestrator counts. */
export abstract class RunMetrics {
  /** Events that were committed, and how long the commit took. */
  abstract appended(events: readonly RunEvent[], ms: number): void;
  abstract conflict(): void;
  abstract refused(reason: RefusalReason): void;
}

/** What is shown of the cell's queue. */
export interface QueueFigures {
  lanes(lanes: readonly LaneDepth[]): void;
  controls(controls: ReadonlyMap<string, CapabilityControl>): void;
  streams(streams: readonly StreamFill[]): void;
}

/** Writes down what an operator did. */
export interface Auditor {
  /** Resolves when it is stored. */
  record(action: string, data: Record<string, unknown>): Promise<void>;
}

/** Time, chance and new ids: what makes a decision differ from the same decision elsewhere. */
export interface Surroundings {
  circumstances(): Circumstances;
  newRunId(): string;
}

/** Whether the record can be written and read. */
export abstract class RecordReadiness {
  /** Waits for it a moment, as a service that starts is ready soon. @throws {Unavailable} when it still cannot. */
  abstract assertReady(withinMs: number): Promise<void>;
  /** Resolves with true as soon as it can, with false when the service stops before. */
  abstract prepared(): Promise<boolean>;
}

/** The hosts of this cell that take tasks. */
export interface HostDirectory {
  /** Undefined: not known now. */
  hosts(): Promise<readonly Host[] | undefined>;
}

/** Values that events refer to, as JSON texts. */
export interface PayloadTexts {
  /** @throws {NotFound} when it is not there, or is not what its checksum says */
  load(ref: PayloadRef): Promise<string>;
  /** The same text may come again. */
  store(text: string): Promise<PayloadRef>;
}

/** What is shown of the record. */
export interface RecordFigureBoard {
  /** @param archiveAfterMs after its end a run is due for the archive; 0: never */
  figures(figures: RecordFigures, archiveAfterMs: number): void;
  /** Large values that nothing referred to. */
  cleaned(payloads: PayloadsCleaned): void;
  rebuilding(progress: RebuildProgress): void;
  /** @param findings by what differs */
  verified(findings: ReadonlyMap<string, number>, seconds: number): void;
}
