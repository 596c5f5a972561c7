import type {
  RebuildProgress,
  RecordFinding,
  RestoredRuns,
  SegmentDetails,
  SegmentList,
  VerifyNews,
  VerifyProgress,
} from '@aet/contracts';
import { ConsoleOutput } from '../adapters/console-output.js';
import { rebuildLine, segmentTable, verifyLine } from '../domain/record-lines.js';
import { table } from '../domain/table.js';
import { ExitCode } from './command-context.js';
import { operatorGateway, operatorWord } from './queue.action.js';
import type { RebuildOptions, RecordOptions } from './record.command.js';

export async function rebuild(options: RebuildOptions, named: string | undefined): Promise<number> {
  const { fromTimestamp } = options;
  const request = { by: operatorWord(undefined).by, ...(fromTimestamp === undefined ? {} : { fromTimestamp }) };
  const output = new ConsoleOutput();
  let last: RebuildProgress | undefined;
  for await (const progress of operatorGateway(options, named).lines<RebuildProgress>('/v1/record/rebuild', request)) {
    last = progress;
    output.show([rebuildLine(progress)]);
  }
  output.endShow();
  if (options.json === true) output.json(last);
  else if (last !== undefined) output.result(rebuildLine(last));
  return last?.phase === 'done' ? ExitCode.Done : ExitCode.Failed;
}

export async function verifyState(options: RecordOptions, named: string | undefined): Promise<number> {
  const output = new ConsoleOutput();
  const findings: RecordFinding[] = [];
  let last: VerifyProgress | undefined;
  for await (const news of operatorGateway(options, named).lines<VerifyNews>('/v1/record/verify', {})) {
    if ('finding' in news) {
      findings.push(news.finding);
      if (options.json !== true) output.result(`${news.finding.kind}: ${news.finding.message}`);
    } else {
      last = news.progress;
      output.show([verifyLine(last)]);
    }
  }
  output.endShow();
  if (options.json === true) output.json({ ...last, findings });
  else if (last !== undefined) output.result(verifyLine(last));
  return last?.phase === 'done' && findings.length === 0 ? ExitCode.Done : ExitCode.Failed;
}

export async function listSegments(options: RecordOptions, named: string | undefined): Promise<number> {
  const list = await operatorGateway(options, named).read<SegmentList>('/v1/record/archive');
  const output = new ConsoleOutput();
  if (options.json === true) output.json(list);
  else for (const line of segmentTable(list)) output.result(line);
  return ExitCode.Done;
}

export async function showSegment(segment: string, options: RecordOptions, named: string | undefined): Promise<number> {
  const path = `/v1/record/archive/${encodeURIComponent(segment)}`;
  const details = await operatorGateway(options, named).read<SegmentDetails>(path);
  const output = new ConsoleOutput();
  const rows = details.pieces.map(({ runId, from, to }) => [runId, `${from}–${to}`]);
  if (options.json === true) output.json(details);
  else for (const line of [...segmentTable({ segments: [details] }), '', ...table(['run', 'events'], rows)]) output.result(line);
  return ExitCode.Done;
}

export async function restoreArchived(of: string, options: RecordOptions, named: string | undefined): Promise<number> {
  const { by } = operatorWord(undefined);
  const restored = await operatorGateway(options, named).write<RestoredRuns>('POST', '/v1/record/archive/restore', { of, by });
  const output = new ConsoleOutput();
  if (options.json === true) output.json(restored);
  else output.result(`${restored.events} events of ${restored.runs.length} runs are in the database again`);
  return ExitCode.Done;
}
