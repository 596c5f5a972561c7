import { ConsoleOutput } from '../adapters/console-output.js';
import { RunningFleet } from '../adapters/running-fleet.js';
import { duration } from '../domain/durations.js';
import { table } from '../domain/table.js';
import { ExitCode } from './command-context.js';
import { projectFolder } from './project-folder.js';
import type { TraceOptions } from './trace.command.js';

const PATIENCE_MS = 5_000;

export async function trace(id: string, options: TraceOptions, named: string | undefined): Promise<number> {
  const fleet = new RunningFleet(projectFolder(named));
  fleet.record();
  const timeline = await fleet.gateway({ patienceMs: PATIENCE_MS }).timeline(id);
  const output = new ConsoleOutput();
  if (options.json === true) {
    output.json(timeline);
    return ExitCode.Done;
  }
  output.result(`correlation ${timeline.correlationId}${timeline.runId === undefined ? '' : `, run ${timeline.runId}`}`);
  const rows = timeline.entries.map((entry) => [
    entry.at,
    entry.cell,
    entry.service,
    entry.type,
    entry.durationMs === undefined ? '' : duration(entry.durationMs),
    entry.summary,
  ]);
  output.result(table(['time', 'cell', 'service', 'type', 'took', 'what'], rows, new Set([4])).join('\n'));
  return ExitCode.Done;
}
