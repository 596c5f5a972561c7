import {
  Conflict,
  isRunEnded,
  type PayloadRef,
  RUN_EXPORT_FORMAT,
  type RunExportHeader,
  type StoredRunEvent,
} from '@aet/contracts';
import { foldAll, referencesIn, type RunState, runView } from '@aet/runs';
import { duration } from '../domain/durations.js';
import { table } from '../domain/table.js';
import type { ConsoleOutput } from './console-output.js';
import type { SimpleFiles } from './simple-files.js';

/** A run of a file for people, or with all of its events as one object. */
export function showSimpleRun(files: SimpleFiles, runId: string, output: ConsoleOutput, json: boolean): void {
  const events = files.read(runId);
  const state = foldAll(undefined, events) as RunState;
  if (json) return output.json({ ...runView(state), events });
  const took = duration(Date.parse(state.updatedAt) - Date.parse(state.submittedAt));
  output.result(`run ${runId}: ${state.workflow.name}, ${state.status}, ${took}`);
  output.result(table(['time', 'sequence', 'type', 'step', 'what'], events.map(row), new Set([1])).join('\n'));
}

const row = ({ time, sequence, type, data }: StoredRunEvent): string[] => {
  const {
    step = '',
    item,
    attempt,
    error,
    reason,
  } = data as {
    step?: string;
    item?: number;
    attempt?: number;
    error?: { message: string };
    reason?: string;
  };
  const words = [attempt === undefined ? '' : `attempt ${attempt}`, error?.message ?? '', reason ?? ''];
  return [
    time,
    String(sequence),
    type,
    item === undefined ? step : `${step}#${item}`,
    words.filter((word) => word !== '').join(', '),
  ];
};

export function listSimpleRuns(files: SimpleFiles, output: ConsoleOutput, json: boolean): void {
  const runs = files.runIds().flatMap((runId) => {
    const state = foldAll(undefined, files.find(runId));
    return state === undefined
      ? []
      : [{ runId, workflow: state.workflow.name, status: state.status, submittedAt: state.submittedAt }];
  });
  if (json) return output.json({ runs });
  const rows = runs.map(({ runId, workflow, status, submittedAt }) => [runId, workflow, status, submittedAt]);
  output.result(table(['run', 'workflow', 'status', 'submitted'], rows, new Set()).join('\n'));
}

/** Characters of one piece of a value. */
const PIECE = 100_000;

/** The lines of `aet runs export`. Only what has ended can be handed over: nobody goes on with it there. @throws {Conflict} */
export function* exportSimpleRun(files: SimpleFiles, runId: string): Iterable<string> {
  const events = files.read(runId);
  const state = foldAll(undefined, events) as RunState;
  if (!isRunEnded(state.status))
    throw new Conflict(`run ${runId} is ${state.status}, and only what has ended can be exported: aet simple --resume ${runId}`);
  const header: RunExportHeader = {
    format: RUN_EXPORT_FORMAT,
    runId,
    workflow: state.workflow.name,
    status: state.status,
    cell: state.cell,
    events: events.length,
    headHash: events.at(-1)?.hash ?? '',
    exportedAt: new Date().toISOString(),
  };
  yield JSON.stringify(header);
  for (const { sequence, type, time, hash, data, logged } of events) {
    for (const ref of referencesIn(data)) yield* pieces(ref, JSON.stringify(files.getPayload(ref)));
    yield JSON.stringify({ event: { sequence, time, hash, type: logged?.type ?? type, data: logged?.data ?? data } });
  }
}

function* pieces({ $payload: { sha256, bytes } }: PayloadRef, text: string): Iterable<string> {
  const parts = Math.ceil(text.length / PIECE);
  for (let part = 0; part < parts; part++) {
    yield JSON.stringify({ payload: { sha256, bytes, part, parts, text: text.slice(part * PIECE, (part + 1) * PIECE) } });
  }
}
