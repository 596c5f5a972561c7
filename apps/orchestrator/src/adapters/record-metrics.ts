import { type RebuildProgress, RECORD_SUBJECTS } from '@aet/contracts';
import type { PayloadsCleaned, RecordFigures } from '@aet/persistence';
import { counter, Counter, gauge, Gauge, InjectMetric } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';
import type { RecordFigureBoard } from '../application/ports.js';

const PARTITIONS = 'aet_orchestrator_log_partitions';
const SEGMENTS = 'aet_orchestrator_archive_segments';
const EVENTS = 'aet_orchestrator_archive_events';
const BYTES = 'aet_orchestrator_archive_bytes';
const OVERDUE = 'aet_orchestrator_archive_overdue_seconds';
const REMOVED = 'aet_orchestrator_payloads_removed_total';
const REMOVED_BYTES = 'aet_orchestrator_payloads_removed_bytes_total';
const REBUILD = 'aet_orchestrator_rebuild_progress_ratio';
const REBUILD_SECONDS = 'aet_orchestrator_rebuild_duration_seconds';
const FINDINGS = 'aet_orchestrator_verify_findings';
const VERIFY_SECONDS = 'aet_orchestrator_verify_duration_seconds';

/** The cell's record as this replica sees it: all see the same, so take the maximum over them. A rebuild and a comparison are seen where they ran. */
@Injectable()
export class RecordMetrics implements RecordFigureBoard {
  constructor(
    @InjectMetric(PARTITIONS) private readonly partitions: Gauge,
    @InjectMetric(SEGMENTS) private readonly segments: Gauge,
    @InjectMetric(EVENTS) private readonly events: Gauge,
    @InjectMetric(BYTES) private readonly bytes: Gauge,
    @InjectMetric(OVERDUE) private readonly overdue: Gauge,
    @InjectMetric(REMOVED) private readonly removed: Counter,
    @InjectMetric(REMOVED_BYTES) private readonly removedBytes: Counter,
    @InjectMetric(REBUILD) private readonly rebuild: Gauge,
    @InjectMetric(REBUILD_SECONDS) private readonly rebuildSeconds: Gauge,
    @InjectMetric(FINDINGS) private readonly found: Gauge<'what'>,
    @InjectMetric(VERIFY_SECONDS) private readonly verifySeconds: Gauge,
  ) {}

  figures({ partitions, segments, archivedEvents, archivedBytes, oldestClosedAt }: RecordFigures, archiveAfterMs: number): void {
    this.partitions.set(partitions);
    this.segments.set(segments);
    this.events.set(archivedEvents);
    this.bytes.set(archivedBytes);
    const due = oldestClosedAt === undefined || archiveAfterMs === 0 ? Infinity : oldestClosedAt + archiveAfterMs;
    this.overdue.set(Math.max(0, Date.now() - due) / 1_000);
  }

  cleaned({ removed, bytes }: PayloadsCleaned): void {
    this.removed.inc(removed);
    this.removedBytes.inc(bytes);
  }

  rebuilding({ phase, runs, totalRuns, seconds }: RebuildProgress): void {
    this.rebuild.set(phase === 'done' ? 1 : Math.min(0.99, runs / Math.max(1, totalRuns)));
    this.rebuildSeconds.set(seconds);
  }

  verified(findings: ReadonlyMap<string, number>, seconds: number): void {
    for (const what of RECORD_SUBJECTS) this.found.set({ what }, findings.get(what) ?? 0);
    this.verifySeconds.set(seconds);
  }
}

export const RECORD_METRICS: Provider[] = [
  gauge({ name: PARTITIONS, help: 'Partitions of the run log.' }),
  gauge({ name: SEGMENTS, help: 'Segments in the archive.' }),
  gauge({ name: EVENTS, help: 'Events in the archive.' }),
  gauge({ name: BYTES, help: 'Bytes of the archive.' }),
  gauge({ name: OVERDUE, help: 'How long the run that has waited longest is due for the archive, in seconds.' }),
  counter({ name: REMOVED, help: 'Large values that were removed as no event of a run referred to them.' }),
  counter({ name: REMOVED_BYTES, help: 'Bytes of them.' }),
  gauge({ name: REBUILD, help: 'How far the last rebuild of this replica came, 0 to 1.' }),
  gauge({ name: REBUILD_SECONDS, help: 'Time of the last rebuild of this replica so far, in seconds.' }),
  gauge({ name: FINDINGS, help: 'What the last comparison of this replica found to differ.', labelNames: ['what'] }),
  gauge({ name: VERIFY_SECONDS, help: 'Time of the last comparison of this replica, in seconds.' }),
  RecordMetrics,
];
