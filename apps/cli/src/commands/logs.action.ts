import { NotFound } from '@aet/contracts';
import { pause } from '@aet/resilience';
import { ConsoleOutput } from '../adapters/console-output.js';
import { type FoundLine, LogFiles } from '../adapters/log-files.js';
import { StateFolder } from '../adapters/state-folder.js';
import { ExitCode } from './command-context.js';
import type { LogsOptions } from './logs.command.js';
import { projectFolder } from './project-folder.js';

const LOOK_MS = 250;

export async function logs(service: string | undefined, options: LogsOptions, named: string | undefined): Promise<number> {
  const state = new StateFolder(projectFolder(named));
  const files = new LogFiles(state, options.cell);
  const output = new ConsoleOutput();
  const wanted = ({ names }: FoundLine): boolean => service === undefined || names.includes(service);
  const print = (lines: readonly FoundLine[]): void => {
    for (const line of lines) output.result(options.json === true ? line.raw : line.text);
  };
  const all = files.next();
  const past = all.filter(wanted);
  if (past.length === 0 && options.follow !== true) {
    const known = [...new Set(all.flatMap((line) => line.names))].toSorted();
    throw new NotFound(
      known.length === 0
        ? `no fleet of ${state.project} has logged anything yet: start one with \`aet up\``
        : `no line of "${service}": there are ${known.join(', ')}`,
    );
  }
  print(past.slice(-options.lines));
  if (options.follow === true) await follow(files, wanted, print);
  return ExitCode.Done;
}

async function follow(files: LogFiles, wanted: (line: FoundLine) => boolean, print: (lines: FoundLine[]) => void): Promise<void> {
  const over = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => over.abort());
  while (!over.signal.aborted) {
    await pause(LOOK_MS, over.signal);
    print(files.next().filter(wanted));
  }
}
