import { NotFound, type RunImported } from '@aet/contracts';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ConsoleOutput } from '../adapters/console-output.js';
import { RunsClient } from '../adapters/runs-client.js';
import { explainFolderError } from '../adapters/state-errors.js';
import { ExitCode } from './command-context.js';
import { operatorGateway } from './queue.action.js';
import type { RunsExportOptions, RunsOptions } from './runs.command.js';
import { wordOf } from './runs-words.action.js';

export async function exportRun(run: string, options: RunsExportOptions, named: string | undefined): Promise<number> {
  const gateway = operatorGateway(options, named);
  const runId = await new RunsClient(gateway).idOf(run);
  const { body } = await gateway.export(runId);
  const lines = body === null ? Readable.from([]) : Readable.fromWeb(body);
  const { output: file } = options;
  if (file === undefined) {
    await pipeline(lines, process.stdout, { end: false });
    return ExitCode.Done;
  }
  await intoFile(lines, file);
  const output = new ConsoleOutput();
  if (options.json === true) output.json({ runId, file });
  else output.result(`run ${runId} is in ${file}: bring it into another fleet with \`aet runs import ${file}\``);
  return ExitCode.Done;
}

export async function importRun(
  file: string,
  options: RunsOptions & { reason?: string },
  named: string | undefined,
): Promise<number> {
  const gateway = operatorGateway(options, named);
  const lines = await linesOf(file);
  const query = new URLSearchParams({ ...wordOf(options) });
  const imported = await gateway.import<RunImported>(query, Readable.toWeb(lines) as ReadableStream<Uint8Array>);
  const output = new ConsoleOutput();
  if (options.json === true) output.json(imported);
  else
    output.result(
      imported.existing === true
        ? `run ${imported.runId} is here already, and is the same`
        : `run ${imported.runId} is here, with ${imported.events} events: see \`aet runs get ${imported.runId}\``,
    );
  return ExitCode.Done;
}

/** The file is whole or not there. */
async function intoFile(lines: Readable, file: string): Promise<void> {
  const scratch = `${file}.${process.pid}.tmp`;
  try {
    await pipeline(lines, createWriteStream(scratch));
    await rename(scratch, file);
  } catch (error) {
    await rm(scratch, { force: true });
    throw explainFolderError(Object.assign(error as Error, { path: file }));
  }
}

async function linesOf(file: string): Promise<Readable> {
  if (file === '-') return process.stdin;
  await access(file).catch((error: unknown) => {
    throw new NotFound(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  });
  return createReadStream(file);
}
